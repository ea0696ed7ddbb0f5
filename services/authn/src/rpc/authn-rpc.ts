import { authnV1 } from '@lumo/contracts';
import { DomainError } from '@lumo/kit';
import { implement, type RpcImplementation } from '@lumo/messaging';
import { requireContext, runInContext } from '@lumo/tenancy';
import type { AuthnApp } from '../app.js';
import type { RevocationEntry } from '../ports.js';

/** What other services may ask authn (proto/lumo/authn/v1). Only translates. */
export function authnRpc(app: AuthnApp): RpcImplementation {
  return implement(authnV1.AuthnService, {
    async resolveOrg({ key }) {
      const org =
        key.case === 'slug'
          ? await app.resolveOrg({ slug: key.value })
          : await app.resolveOrg({ id: key.case === 'id' ? key.value : '' });
      if (!org) throw new DomainError('not_found', 'tenant_not_found', 'There is no such organization.');
      return { org: { id: org.id, slug: org.slug, name: org.name } };
    },
    async verifyApiKey({ sha256 }) {
      const verified = await app.verifyApiKey(requireContext(), Buffer.from(sha256));
      if (!verified) throw unknownKey();
      const { org, apiKey } = verified;
      return {
        org: { id: org.id, slug: org.slug, name: org.name },
        keyId: apiKey.keyId,
        name: apiKey.name,
        scopes: [...apiKey.scopes],
      };
    },
    async verifyInstanceKey({ sha256 }) {
      if (!app.verifyInstanceKey(Buffer.from(sha256))) throw unknownKey();
      return { keyId: 'operator' };
    },
    async getVerificationKeys() {
      const { issuer, jwks } = await app.verification.verificationKeys();
      return { issuer, jwksJson: JSON.stringify(jwks) };
    },
    async listRevocations({ after }) {
      const { revocations, position } = await app.verification.revocationsSince(after);
      return { revocations: revocations.map(toRevocation), position };
    },
    async checkOrigin({ origin }) {
      return { allowed: await app.checkOrigin(origin) };
    },
    async getOrgPolicy() {
      const { settings } = await app.readOrgProfile(requireContext());
      const { dpopRequireNonce, adminMaxAuthAgeSeconds, adminAcrValues } = settings.security;
      return {
        dpopRequireNonce,
        adminMaxAuthAgeSeconds: adminMaxAuthAgeSeconds ?? 0,
        adminAcrValues: [...adminAcrValues],
      };
    },
    async findAccessToken({ sha256, orgId }) {
      const org = await app.resolveOrg({ id: orgId });
      const claims =
        org &&
        (await runInContext({ ...requireContext(), org: { id: org.id, slug: org.slug } }, () =>
          app.oidc.findAccessToken(Buffer.from(sha256)),
        ));
      if (!org || !claims) throw unknownKey();
      return { org: { id: org.id, slug: org.slug, name: org.name }, claimsJson: JSON.stringify(claims) };
    },
    async getUserStatus({ userId }) {
      return app.userStatus(userId);
    },
  });
}

function unknownKey(): DomainError {
  return new DomainError('unauthenticated', 'invalid_token', 'This key is unknown, expired or deleted.');
}

function toRevocation({ orgId, what, notBefore, expiresAt }: RevocationEntry) {
  return {
    orgId,
    what: toOneof(what),
    notBefore: toSeconds(notBefore),
    expiresAt: toSeconds(expiresAt),
  };
}

function toOneof(what: RevocationEntry['what']) {
  switch (what.kind) {
    case 'token':
      return { case: 'tokenId' as const, value: what.tokenId };
    case 'subject':
      return { case: 'subject' as const, value: what.subject };
    case 'client':
      return { case: 'clientId' as const, value: what.clientId };
    case 'grant':
      return { case: 'grantId' as const, value: what.grantId };
  }
}

function toSeconds(date: Date | undefined): bigint {
  return BigInt(date ? Math.floor(date.getTime() / 1000) : 0);
}
