import { withOwnAnswers } from './own-answers.js';

/** What a service says of its routes: OpenAPI path items, and the schemas they refer to. */
export interface OpenApiFragment {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly schemas?: Readonly<Record<string, unknown>>;
}

const REFERENCE = '#/components/schemas/';

/**
 * One OpenAPI 3.1 document out of the descriptions of all services. Where two services give different schemas the same
 * name, the later one's gets the service's name in front, in its references too.
 */
export function mergeOpenApi(
  baseUrl: string,
  version: string,
  fragments: Readonly<Record<string, OpenApiFragment>>,
): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  const schemas: Record<string, unknown> = {};
  for (const [service, fragment] of Object.entries(fragments)) {
    const renamed = renameCollisions(service, fragment, schemas);
    Object.assign(schemas, renamed.schemas);
    for (const [path, item] of Object.entries(renamed.paths)) {
      const operations = Object.entries(item).map(([method, operation]) => [method, withOwnAnswers(operation)]);
      paths[path] = { ...paths[path], ...Object.fromEntries(operations) };
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'LumoAuth API',
      version,
      description: 'Identity, authorization and AI agents of an organization. Errors have one shape: `Problem`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: baseUrl }],
    tags: tagsOf(paths),
    paths: sortByName(paths),
    components: { securitySchemes: SECURITY_SCHEMES, schemas: sortByName(schemas) },
  };
}

function renameCollisions(
  service: string,
  fragment: OpenApiFragment,
  taken: Readonly<Record<string, unknown>>,
): Required<OpenApiFragment> {
  const { paths, schemas = {} } = fragment;
  const colliding = Object.keys(schemas).filter(
    (name) => Object.hasOwn(taken, name) && JSON.stringify(taken[name]) !== JSON.stringify(schemas[name]),
  );
  if (colliding.length === 0) return { paths, schemas };
  const newName = (name: string): string => (colliding.includes(name) ? `${service}_${name}` : name);
  const rewrite = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(rewrite);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) =>
        key === '$ref' && typeof inner === 'string' && inner.startsWith(REFERENCE)
          ? [key, `${REFERENCE}${newName(inner.slice(REFERENCE.length))}`]
          : [key, rewrite(inner)],
      ),
    );
  };
  return {
    paths: rewrite(paths) as OpenApiFragment['paths'],
    schemas: Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [newName(name), rewrite(schema)])),
  };
}

function tagsOf(paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>): readonly { name: string }[] {
  const names = new Set<string>();
  for (const item of Object.values(paths)) {
    for (const operation of Object.values(item)) {
      for (const tag of (operation as { tags?: readonly string[] }).tags ?? []) names.add(tag);
    }
  }
  return [...names].sort().map((name) => ({ name }));
}

function sortByName<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The schemes of contract 1.4 that `security` of the operations names. */
const SECURITY_SCHEMES = {
  BearerAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token, or an API key.' },
  ApiKeyAuth: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  ClientAuth: {
    type: 'http',
    scheme: 'basic',
    description: 'client_id and client_secret; the body may carry them too.',
  },
  InstanceKey: { type: 'http', scheme: 'bearer', description: 'The key of the operator of the installation.' },
} as const;
