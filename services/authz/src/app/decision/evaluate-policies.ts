import type { RequestContext } from '@lumo/tenancy';
import { type AttributeSources, attributeScopes } from '../../core/abac/attribute-scopes.js';
import type { AttributeBag } from '../../core/abac/attribute-value.js';
import type { AttributeScopes } from '../../core/abac/compile-condition.js';
import { environmentOf } from '../../core/abac/environment.js';
import type { PolicyDecision, PolicySet, ReadAttributes } from '../../core/abac/policy-set.js';
import { coversAction } from '../../core/decision/delegation-ceiling.js';
import { listPermissions } from '../../core/rbac/effective-permissions.js';
import { listRoles } from '../../core/rbac/held-roles.js';
import { askAboutCaller, askAboutSubject } from '../../core/rbac/question.js';
import type { RbacGraph } from '../../core/rbac/rbac-graph.js';
import { isSubjectType, type Subject } from '../../core/subject.js';
import type { AttributeOwner, StoredAttributes } from '../../policy-ports.js';
import { type AuthzDeps, orgOf } from '../authz-deps.js';
import type { Freshness } from '../org-graphs.js';
import type { CurrentPolicies } from './org-policies.js';
import type { QuestionSubject } from './subject-of-question.js';

/** What the request says beside the question itself. */
export interface RequestAttributes {
  readonly user?: AttributeBag;
  readonly resource?: AttributeBag;
  readonly environment?: AttributeBag;
  readonly action?: AttributeBag;
}

/** One question to the policies. */
export interface PolicyInquiry {
  readonly subject: QuestionSubject;
  readonly resource: { readonly type: string; readonly id?: string };
  readonly action: string;
  readonly request: RequestAttributes;
}

export interface PolicyAnswer {
  readonly decision: PolicyDecision;
  /** Whether a delegated token reaches so far. */
  readonly isCovered: boolean;
  /** What the policies saw. */
  readonly scopes: AttributeScopes;
}

type Deps = Pick<AuthzDeps, 'graphs' | 'policies' | 'clock'>;

/** Asks the policies, with every attribute that they read and no other. All answers are of one revision. */
export async function evaluatePolicies(
  deps: Deps,
  ctx: RequestContext,
  inquiries: readonly PolicyInquiry[],
  options: { readonly freshness?: Freshness; readonly allAttributes?: boolean; readonly policies?: PolicySet } = {},
): Promise<{ readonly answers: readonly PolicyAnswer[]; readonly current: CurrentPolicies }> {
  const { freshness, allAttributes = false } = options;
  const needs = (set: PolicySet) => inquiries.map(({ resource, action }) => set.attributesRead(resource.type, action));
  const ownersOf = (set: PolicySet) =>
    uniqueOwners(inquiries, allAttributes ? undefined : needs(options.policies ?? set));
  const current = await deps.policies.read(orgOf(ctx), ownersOf, freshness);
  const set = options.policies ?? current.set;
  const read = needs(set);
  const wantRoles = inquiries.filter((_, i) => allAttributes || readsRoles(read[i]));
  const roleFacts = await readRoleFacts(deps, ctx, wantRoles, freshness);
  const now = deps.clock.now();
  const answers = await deps.policies.pace.each(orgOf(ctx), inquiries, (inquiry): PolicyAnswer => {
    const scopes = attributeScopes(sourcesOf(ctx, inquiry, { current, roleFacts, now }));
    const { resource, action, subject } = inquiry;
    return {
      decision: set.decide({ resourceType: resource.type, action, scopes }),
      isCovered: subject.ceiling === undefined || coversAction(subject.ceiling, resource.type, action),
      scopes,
    };
  });
  return { answers, current };
}

interface Gathered {
  readonly current: CurrentPolicies;
  readonly roleFacts: ReadonlyMap<string, AttributeBag>;
  readonly now: number;
}

function sourcesOf(
  ctx: RequestContext,
  inquiry: PolicyInquiry,
  { current, roleFacts, now }: Gathered,
): AttributeSources {
  const { subject: whom, resource, request, action } = inquiry;
  const { subject, isOther, isTrusted } = whom;
  const { org, principal, ip } = ctx;
  const user = storedOf(current, userOwner(inquiry));
  const thing = resource.id === undefined ? NOTHING : storedOf(current, resourceOwner(resource.type, resource.id));
  const slug = org?.slug ?? '';
  // The address and the sign-in of the caller say nothing of somebody else.
  const caller = isOther
    ? {}
    : { ...(ip !== undefined && { ip }), ...(principal.authMethods && { authMethods: principal.authMethods }) };
  return {
    isTrusted,
    user: {
      facts: {
        ...(!isOther && principal.name !== undefined && { name: principal.name }),
        ...(Object.keys(user.facts).length > 0 && KNOWN_PERSON),
        ...user.facts,
        ...roleFacts.get(keyOf(subject)),
        id: subject.id,
        type: subject.type,
        tenantId: slug,
        orgId: slug,
      },
      stored: user.values,
      request: request.user ?? {},
    },
    resource: {
      facts: { type: resource.type, ...(resource.id !== undefined && { id: resource.id }) },
      stored: thing.values,
      request: request.resource ?? {},
    },
    environment: {
      facts: environmentOf(now, current.settings.timeZone, caller),
      request: request.environment ?? {},
    },
    action: { ...request.action, name: action },
  };
}

/** What the directory says of a person as long as nothing else is known. */
const KNOWN_PERSON: AttributeBag = { mfaEnabled: false, groups: [] };

const NOTHING: StoredAttributes = { facts: {}, values: {} };

function storedOf({ owners, stored }: CurrentPolicies, owner: AttributeOwner): StoredAttributes {
  const place = owners.findIndex(({ kind, type, id }) => kind === owner.kind && type === owner.type && id === owner.id);
  return stored[place] ?? NOTHING;
}

/** Everybody and everything whose stored attributes could matter, each once. */
function uniqueOwners(
  inquiries: readonly PolicyInquiry[],
  needs: readonly ReadAttributes[] | undefined,
): readonly AttributeOwner[] {
  const owners = new Map<string, AttributeOwner>();
  inquiries.forEach((inquiry, i) => {
    const { resource } = inquiry;
    const need = needs?.[i];
    if (!need || need.user.size > 0) add(owners, userOwner(inquiry));
    if (resource.id !== undefined && (!need || need.resource.size > 0))
      add(owners, resourceOwner(resource.type, resource.id));
  });
  return [...owners.values()];
}

function add(owners: Map<string, AttributeOwner>, owner: AttributeOwner): void {
  owners.set(`${owner.kind}\0${owner.type}\0${owner.id}`, owner);
}

function userOwner({ subject: { subject } }: PolicyInquiry): AttributeOwner {
  return { kind: 'user', type: subject.type, id: subject.id };
}

function resourceOwner(type: string, id: string): AttributeOwner {
  return { kind: 'resource', type, id };
}

const ROLE_FACTS = ['roles', 'permissions', 'isAdmin', 'isSuperAdmin'];

function readsRoles(read: ReadAttributes | undefined): boolean {
  return read !== undefined && ROLE_FACTS.some((name) => read.user.has(name));
}

async function readRoleFacts(
  { graphs }: Deps,
  ctx: RequestContext,
  inquiries: readonly PolicyInquiry[],
  freshness: Freshness | undefined,
): Promise<ReadonlyMap<string, AttributeBag>> {
  const facts = new Map<string, AttributeBag>();
  const wanted = new Map<string, QuestionSubject>();
  for (const { subject: whom } of inquiries) wanted.set(keyOf(whom.subject), whom);
  const known: Subject[] = [];
  for (const { subject } of wanted.values())
    if (isSubjectType(subject.type)) known.push({ type: subject.type, id: subject.id });
  if (known.length > 0) {
    const answer = await graphs.ask(
      orgOf(ctx),
      known,
      (graph) => factsOfAll(graph, known, (subject) => wanted.get(keyOf(subject))?.isOther !== false, ctx),
      freshness,
    );
    for (const [key, bag] of answer) facts.set(key, bag);
  }
  for (const key of wanted.keys()) if (!facts.has(key)) facts.set(key, NO_ROLES);
  return facts;
}

const NO_ROLES: AttributeBag = { roles: [], permissions: [], isAdmin: false, isSuperAdmin: false };

function factsOfAll(
  graph: RbacGraph,
  subjects: readonly Subject[],
  isOther: (subject: Subject) => boolean,
  { principal }: RequestContext,
): ReadonlyMap<string, AttributeBag> | 'unknown' {
  const facts = new Map<string, AttributeBag>();
  for (const subject of subjects) {
    const roles = listRoles(graph, subject);
    const own = askAboutCaller(principal);
    const permissions = listPermissions(graph, !isOther(subject) && own.ok ? own.value : askAboutSubject(subject));
    if (roles === 'unknown' || permissions === 'unknown') return 'unknown';
    facts.set(keyOf(subject), {
      roles: roles.map(({ slug }) => slug),
      permissions: permissions.map(({ slug }) => slug),
      isAdmin: roles.some(({ isAdmin }) => isAdmin),
      isSuperAdmin: false,
    });
  }
  return facts;
}

function keyOf({ type, id }: { readonly type: string; readonly id: string }): string {
  return `${type}\0${id}`;
}
