import { z } from 'zod';
import { problemSchema } from './http/envelopes.js';

import type { Access } from './http/route.js';
import type { BoundRoute } from './http/serve-route.js';

/** An OpenAPI 3.1 path item map: path to method to operation. */
export type OpenApiPaths = Record<string, Record<string, unknown>>;

export interface OpenApiFragment {
  readonly paths: OpenApiPaths;
  readonly schemas?: Record<string, unknown>;
}

type NamedSchemas = Record<string, unknown>;

const PREFIX = { org: '/orgs/{org}/api/v1', root: '' } as const;

const COMMON_ERRORS = [401, 403, 429, 500, 503];

/** The part of the API description that follows from a service's routes. */
export function openApiOf(routes: readonly BoundRoute[]): OpenApiFragment {
  const paths: OpenApiPaths = {};
  const schemas: NamedSchemas = {};
  jsonSchema(problemSchema, 'output', schemas);
  for (const { route } of routes) {
    for (const path of [route.path, ...(route.aliases ?? [])]) describeRoute(route, path, paths, schemas);
  }
  return { paths, schemas };
}

function describeRoute(route: BoundRoute['route'], ownPath: string, paths: OpenApiPaths, schemas: NamedSchemas): void {
  const path = `${PREFIX[route.mount]}${ownPath.replaceAll(/:([A-Za-z]+)/g, '{$1}')}`;
  const operations = paths[path] ?? {};
  const refusal = route.refusals
    ? jsonSchema(route.refusals.schema, 'output', schemas)
    : { $ref: '#/components/schemas/Problem' };
  paths[path] = operations;
  for (const method of typeof route.method === 'string' ? [route.method] : route.method) {
    const statuses = new Set([
      ...COMMON_ERRORS,
      ...(takesInput(route) ? [400] : []),
      ...Object.keys(route.errors ?? {}).map(Number),
    ]);
    operations[method.toLowerCase()] = {
      tags: [route.tag],
      summary: route.summary,
      security: security(route.access),
      'x-lumo-access': route.access,
      parameters: [
        ...[...path.matchAll(/\{([A-Za-z]+)\}/g)].map(([, name]) => ({
          name,
          in: 'path',
          required: true,
          schema: { type: 'string' },
        })),
        ...queryParameters(route.query, schemas),
      ],
      ...(route.body && {
        requestBody: {
          content: {
            'application/json': { schema: jsonSchema(route.body, 'input', schemas) },
            ...Object.fromEntries((route.alsoConsumes ?? []).map((type) => [type, { schema: { type: 'string' } }])),
          },
        },
      }),
      responses: {
        ...Object.fromEntries(
          Object.entries(route.responses).map(([status, schema]) => [
            status,
            {
              description: 'Success',
              ...(schema && {
                content: {
                  'application/json': { schema: jsonSchema(schema, 'output', schemas) },
                  ...Object.fromEntries(
                    (route.alsoProduces ?? []).map((type) => [type, { schema: { type: 'string' } }]),
                  ),
                },
              }),
            },
          ]),
        ),
        ...Object.fromEntries(
          [...statuses].map((status) => [
            status,
            {
              description: (route.errors?.[status] ?? ['Refused']).join(', '),
              content: { 'application/json': { schema: refusal } },
            },
          ]),
        ),
      },
    };
  }
}

function takesInput(route: BoundRoute['route']): boolean {
  return Boolean(route.params ?? route.query ?? route.body);
}

function queryParameters(query: z.ZodType | undefined, schemas: NamedSchemas): readonly unknown[] {
  if (!query) return [];
  const schema = jsonSchema(query, 'input', schemas) as {
    properties?: Record<string, unknown>;
    required?: readonly string[];
  };
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    in: 'query',
    required: schema.required?.includes(name) ?? false,
    schema: property,
  }));
}

/** Zod puts a named schema beside each schema that uses it; in the document it stands once, under `components`. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output', schemas: NamedSchemas): Record<string, unknown> {
  const {
    $schema: _dialect,
    $id: _id,
    id: _metaId,
    $defs: named = {},
    ...rest
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }) as Record<string, unknown>;
  Object.assign(schemas, relocated(named as NamedSchemas));
  return relocated(rest);
}

function relocated(schema: NamedSchemas): NamedSchemas {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as NamedSchemas;
}

function security(access: Access): readonly Record<string, readonly string[]>[] {
  switch (access.kind) {
    case 'public':
      return [];
    case 'client-auth':
      return [{ ClientAuth: [] }];
    case 'instance':
      return [{ InstanceKey: [] }];
    case 'admin':
      return [{ BearerAuth: [access.scope] }, { ApiKeyAuth: [access.scope] }];
    case 'principal':
      return [{ BearerAuth: [] }, { ApiKeyAuth: [] }];
  }
}
