import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createConformance } from './openapi-conformance.js';

const json = (schema: object) => ({ content: { 'application/json': { schema } } });

const conforms = createConformance({
  paths: {
    '/orgs/{org}/users': {
      get: { responses: { 200: json({ $ref: '#/components/schemas/Users' }), 204: {} } },
    },
    '/orgs/{org}/users/{id}': { get: { responses: { 200: json({ type: 'object', required: ['id'] }) } } },
    '/orgs/{org}/users/me': { get: { responses: { 200: json({ type: 'object', required: ['me'] }) } } },
  },
  components: { schemas: { Users: { type: 'array', items: { type: 'string', format: 'date-time' } } } },
});

const exchange = (change: object) => ({
  ...{ method: 'GET', path: '/orgs/a/users', status: 200, contentType: 'application/json; charset=utf-8', text: '[]' },
  ...change,
});

describe('conformance with the API description', () => {
  it('accepts what is described, under both spellings of an org path', () => {
    assert.equal(conforms(exchange({ text: '["2026-01-01T00:00:00Z"]' })), undefined);
    assert.equal(conforms(exchange({ path: '/t/a/users' })), undefined);
    assert.equal(conforms(exchange({ status: 204, text: '', contentType: '' })), undefined);
  });

  it('prefers a literal segment', () => {
    assert.equal(conforms(exchange({ path: '/orgs/a/users/me', text: '{"me":1}' })), undefined);
    assert.equal(conforms(exchange({ path: '/orgs/a/users/7', text: '{"id":1}' })), undefined);
  });

  const refused: readonly (readonly [string, object, RegExp])[] = [
    ['an unknown path', { path: '/orgs/a/groups' }, /path is not described/],
    ['an unknown method', { method: 'POST' }, /POST of .* is not described/],
    ['an unknown status', { status: 418 }, /status 418/],
    ['another media type', { contentType: 'text/html', text: '<p>' }, /text\/html/],
    ['a body where none is described', { status: 204, text: '{}' }, /without a body/],
    ['a body of another shape', { text: '{}' }, /body must be array/],
    ['a value of another format', { text: '["yesterday"]' }, /date-time/],
    ['a missing member', { path: '/orgs/a/users/me', text: '{"id":1}' }, /'me'/],
  ];
  for (const [what, change, why] of refused) {
    it(`refuses ${what}`, () => assert.match(conforms(exchange(change)) ?? '', why));
  }
});
