import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mergeOpenApi } from './merge-openapi.js';

const operation = (ref: string) => ({
  tags: ['T'],
  responses: { 200: { schema: { $ref: `#/components/schemas/${ref}` } } },
});

describe('merged API description', () => {
  const merged = mergeOpenApi('https://id.example.com', '1.2.3', {
    authn: {
      paths: { '/b': { get: operation('Thing') } },
      schemas: { Thing: { type: 'string' }, Same: { type: 'null' } },
    },
    authz: {
      paths: { '/b': { post: operation('Thing') }, '/a': { get: operation('Same') } },
      schemas: { Thing: { type: 'number' }, Same: { type: 'null' } },
    },
  }) as {
    paths: Record<string, Record<string, { responses: Record<string, { content?: unknown }> }>>;
    components: { schemas: Record<string, unknown> };
  };
  const success = (path: string, method: string) => merged.paths[path]?.[method]?.responses[200];

  it('holds the operations of all services at one path', () => {
    assert.deepEqual(Object.keys(merged.paths), ['/a', '/b']);
    assert.deepEqual(Object.keys(merged.paths['/b'] ?? {}), ['get', 'post']);
  });

  it('keeps schemas of the same name apart, and their references with them', () => {
    assert.deepEqual(merged.components.schemas, {
      Same: { type: 'null' },
      Thing: { type: 'string' },
      authz_Thing: { type: 'number' },
    });
    assert.deepEqual(success('/b', 'get'), operation('Thing').responses[200]);
    assert.deepEqual(success('/b', 'post'), operation('authz_Thing').responses[200]);
    assert.deepEqual(success('/a', 'get'), operation('Same').responses[200]);
  });

  it('says of every operation what the gateway answers in its place, beside what the service says', () => {
    const page = { description: 'A page', content: { 'text/html': { schema: { type: 'string' } } } };
    const { paths } = mergeOpenApi('https://id.example.com', '1', {
      authn: { paths: { '/p': { get: { responses: { 400: page } } } } },
    }) as unknown as typeof merged;
    const responses = paths['/p']?.get?.responses ?? {};
    assert.deepEqual(Object.keys(responses['400']?.content ?? {}).sort(), ['application/json', 'text/html']);
    for (const status of [404, 405, 413, 421, 429, 431, 503]) assert.ok(responses[status]?.content, String(status));
  });
});
