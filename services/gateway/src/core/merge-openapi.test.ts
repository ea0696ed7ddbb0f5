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
  }) as { paths: Record<string, Record<string, unknown>>; components: { schemas: Record<string, unknown> } };

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
    assert.deepEqual(merged.paths['/b']?.get, operation('Thing'));
    assert.deepEqual(merged.paths['/b']?.post, operation('authz_Thing'));
    assert.deepEqual(merged.paths['/a']?.get, operation('Same'));
  });
});
