import { authnV1 } from '@lumo/contracts';
import { isDomainError } from '@lumo/kit';
import type { Rpc } from '@lumo/messaging';
import { type Org, runInContext, systemContext } from '@lumo/tenancy';
import { newRequestId } from '../core/request-id.js';
import type { Revocation } from '../core/revocation-view.js';
import type { Identity } from '../ports.js';

/** Asks authn by RPC. Each call runs in a context of its own, because the caller of the request is not known yet. */
export function createRpcIdentity(rpc: Rpc<'gateway'>): Identity {
  const authn = rpc.client(authnV1.AuthnService);
  const asGateway = <T>(org: Org | undefined, call: () => Promise<T>): Promise<T> =>
    runInContext(systemContext('gateway', newRequestId(), org), call);

  return {
    async findOrg(slug) {
      const answer = await orUndefined(
        asGateway(undefined, () => authn.resolveOrg({ key: { case: 'slug', value: slug } })),
      );
      return toOrg(answer?.org);
    },
    async verificationKeys(org) {
      const { jwksJson } = await asGateway(org, () => authn.getVerificationKeys({}));
      // authn wrote it; each key is checked when it is imported.
      return (JSON.parse(jwksJson) as { keys: readonly unknown[] }).keys;
    },
    async findApiKey(sha256) {
      const answer = await orUndefined(asGateway(undefined, () => authn.verifyApiKey({ sha256 })));
      const org = toOrg(answer?.org);
      return answer && org && { org, keyId: answer.keyId, name: answer.name, scopes: answer.scopes };
    },
    async findInstanceKey(sha256) {
      const answer = await orUndefined(asGateway(undefined, () => authn.verifyInstanceKey({ sha256 })));
      return answer?.keyId;
    },
    async revocationsAfter(position) {
      const answer = await asGateway(undefined, () => authn.listRevocations({ after: position }));
      return { revocations: answer.revocations.flatMap(toRevocation), position: answer.position };
    },
    async policy(orgId) {
      // The slug is not known here, and nothing that is asked depends on it.
      const answer = await asGateway({ id: orgId, slug: '' }, () => authn.getOrgPolicy({}));
      return {
        dpopRequireNonce: answer.dpopRequireNonce,
        ...(answer.adminMaxAuthAgeSeconds > 0 && { adminMaxAuthAgeSeconds: answer.adminMaxAuthAgeSeconds }),
        adminAcrValues: answer.adminAcrValues,
      };
    },
    async findAccessToken(sha256, orgId) {
      const answer = await orUndefined(asGateway(undefined, () => authn.findAccessToken({ sha256, orgId })));
      const org = toOrg(answer?.org);
      // authn wrote it; what it says is read claim by claim.
      return answer && org && { org, claims: JSON.parse(answer.claimsJson) as Record<string, unknown> };
    },
    async allowsOrigin(org, origin) {
      return (await asGateway(org, () => authn.checkOrigin({ origin }))).allowed;
    },
  };
}

/** A refusal that says "no such thing" becomes undefined; everything else stays an error. */
async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isDomainError(error) && (error.kind === 'not_found' || error.kind === 'unauthenticated')) return undefined;
    throw error;
  }
}

function toOrg(org: authnV1.Org | undefined): Org | undefined {
  return org && { id: org.id, slug: org.slug };
}

function toRevocation(entry: authnV1.Revocation): readonly Revocation[] {
  const what = toWhat(entry.what);
  if (!what) return [];
  return [
    {
      orgId: entry.orgId,
      what,
      notBeforeSeconds: Number(entry.notBefore),
      expiresAtSeconds: Number(entry.expiresAt),
    },
  ];
}

function toWhat(what: authnV1.Revocation['what']): Revocation['what'] | undefined {
  switch (what.case) {
    case 'tokenId':
      return { kind: 'token', id: what.value };
    case 'subject':
      return { kind: 'subject', id: what.value };
    case 'clientId':
      return { kind: 'client', id: what.value };
    case 'grantId':
      return { kind: 'grant', id: what.value };
    default:
      return undefined;
  }
}
