import { anyPrincipal, publicRoute, route } from '@lumo/service';
import { z } from 'zod';
import { action, context, entity, evaluationBody, evaluationsBody, page, partialEntity } from './authzen-input.js';

const decision = z.object({ decision: z.boolean(), context: z.record(z.string(), z.unknown()).optional() });
const searched = (result: z.ZodType) =>
  z.object({ results: z.array(result), page: z.object({ next_token: z.string(), count: z.int() }) });
const found = z.object({ type: z.string(), id: z.string() });

/**
 * AuthZEN Authorization API 1.0. Below the org also at the paths that the specification gives to an API without metadata;
 * at the root (contract 3.6) the org is that of the credential.
 */
export function authzenRoutes(mount: 'root' | 'org') {
  const base = mount === 'root' ? '/api/v1/authz/v1' : '/authz/v1';
  const paths = (name: string) => ({
    path: `${base}/${name}`,
    ...(mount === 'org' && { aliases: [`/access/v1/${name}`] }),
  });
  const common = {
    mount,
    method: 'POST',
    access: anyPrincipal('user', 'agent', 'client', 'api_key'),
    tag: 'AuthZEN',
    errors: { 400: ['validation_error', 'invalid_request', 'MISSING_SUBJECT'] },
  } as const;
  return {
    evaluation: route({
      ...common,
      ...paths('evaluation'),
      together: true,
      summary: 'Whether a subject may do an action on a resource',
      body: evaluationBody,
      responses: { 200: decision },
    }),
    evaluations: route({
      ...common,
      ...paths('evaluations'),
      summary: 'Several evaluations; members beside `evaluations` are their defaults',
      body: evaluationsBody,
      responses: {
        200: z.union([z.object({ evaluations: z.array(decision) }), decision]),
      },
    }),
    searchSubject: route({
      ...common,
      ...paths('search/subject'),
      summary: 'Subjects of a type that may do an action on a resource',
      body: z.looseObject({ subject: partialEntity, action, resource: entity, context, page }),
      responses: { 200: searched(found) },
    }),
    searchResource: route({
      ...common,
      ...paths('search/resource'),
      summary: 'Resources of a type that a subject may do an action on',
      body: z.looseObject({ subject: entity, action, resource: partialEntity, context, page }),
      responses: { 200: searched(found) },
    }),
    searchAction: route({
      ...common,
      ...paths('search/action'),
      summary: 'Actions that a subject may do on a resource',
      body: z.looseObject({ subject: entity, resource: entity, context, page }),
      responses: { 200: searched(z.object({ name: z.string() })) },
    }),
  };
}

const metadata = z.object({
  policy_decision_point: z.string(),
  access_evaluation_endpoint: z.string(),
  access_evaluations_endpoint: z.string(),
  search_subject_endpoint: z.string(),
  search_resource_endpoint: z.string(),
  search_action_endpoint: z.string(),
});

const discovery = {
  method: 'GET',
  tag: 'AuthZEN',
  access: publicRoute('metadata says where the API is and nothing else'),
  summary: 'Where the decision API of the org is (AuthZEN 1.0, policy decision point metadata)',
  responses: { 200: metadata },
} as const;

/** Below the org, for who looks there. */
export const metadataRoute = route({ ...discovery, mount: 'org', path: '/.well-known/authzen-configuration' });

/** The name stands in front of the path of the decision point (RFC 8615, AuthZEN 1.0 section 9.2). */
export const wellKnownRoute = route({
  ...discovery,
  mount: 'root',
  path: '/.well-known/authzen-configuration/orgs/:org/api/v1',
  params: z.object({ org: z.string() }),
});
