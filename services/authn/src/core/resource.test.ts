import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkResource, findResource, type Resource, scopesAt } from './resource.js';

const now = new Date(0);
const resource = (identifier: string, more: Partial<Resource> = {}): Resource => ({
  ...{
    id: `res_${identifier.length}`,
    name: 'r',
    identifier,
    mode: 'exact',
    scopes: [],
    createdAt: now,
    updatedAt: now,
  },
  ...more,
});
const MCP = resource('https://mcp.example/mcp', { scopes: ['mcp:read', 'mcp:write'] });
const API = resource('https://api.example', { mode: 'prefix' });
const INNER = resource('https://api.example/inner', { mode: 'prefix', scopes: ['inner'] });
const ALL = [MCP, API, INNER];
const CLIENT = {
  scopes: ['openid', 'docs.read'],
  audienceUris: ['https://own.example/'],
  resourceMode: 'exact',
} as const;

describe('resources of an org', () => {
  it('are found by their name, or by the longest that a name stands below', () => {
    assert.equal(findResource(ALL, 'https://mcp.example/mcp'), MCP);
    assert.equal(findResource(ALL, 'https://mcp.example/mcp/'), undefined);
    assert.equal(findResource(ALL, 'https://api.example/v1'), API);
    assert.equal(findResource(ALL, 'https://api.example/inner/deep'), INNER);
    assert.equal(findResource(ALL, 'https://api.example.evil/'), undefined);
  });

  it('say what may be asked for; those of the client alone take its scopes', () => {
    assert.deepEqual(scopesAt('https://mcp.example/mcp', CLIENT, ALL), ['mcp:read', 'mcp:write']);
    assert.deepEqual(scopesAt('https://api.example/v1', CLIENT, ALL), CLIENT.scopes);
    assert.deepEqual(scopesAt('https://own.example/', CLIENT, ALL), CLIENT.scopes);
    assert.equal(scopesAt('https://own.example/below', CLIENT, ALL), undefined);
    assert.deepEqual(scopesAt('https://own.example/below', { ...CLIENT, resourceMode: 'prefix' }, ALL), CLIENT.scopes);
    assert.equal(scopesAt('https://other.example/', CLIENT, ALL), undefined);
  });

  it('are named by an absolute URI without a fragment', () => {
    assert.deepEqual(checkResource(MCP), {});
    assert.deepEqual(Object.keys(checkResource({ ...MCP, identifier: '/mcp', scopes: ['a b'] })), [
      'identifier',
      'scopes',
    ]);
  });
});
