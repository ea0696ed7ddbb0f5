import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkResourceUri, matchesResource } from './resource-uri.js';

describe('resources (RFC 8707)', () => {
  for (const uri of [
    'https://mcp.example/mcp',
    'https://mcp.example',
    'https://mcp.example/',
    'http://localhost:3001/mcp',
    'https://api.example/v1?tenant=a',
    'urn:example:billing',
    'api://billing',
  ]) {
    it(`${uri} can be one`, () => assert.deepEqual(checkResourceUri(uri), { ok: true, value: uri }));
  }
  for (const uri of [
    'mcp.example/mcp',
    '/mcp',
    '',
    'https://mcp.example/mcp#x',
    'https://mcp.example/mcp#',
    'https://MCP.example/mcp',
    'https://mcp.example:443/mcp',
    'https://mcp.example/a/../mcp',
    'https://u:p@mcp.example/',
    'https://mcp.example/ä',
    'https://mcp.example/a b',
    'urn:lumo:client:cli_x',
    'URN:LUMO:client:cli_x',
    `https://mcp.example/${'a'.repeat(1024)}`,
  ]) {
    it(`${JSON.stringify(uri.slice(0, 40))} cannot`, () => assert.equal(checkResourceUri(uri).ok, false));
  }

  const cases: readonly [registered: string, requested: string, exact: boolean, prefix: boolean][] = [
    ['https://a.example/api', 'https://a.example/api', true, true],
    ['https://a.example/api', 'https://a.example/api/v1', false, true],
    ['https://a.example/api', 'https://a.example/api?x=1', false, true],
    ['https://a.example/api/', 'https://a.example/api/v1', false, true],
    ['https://a.example', 'https://a.example/mcp', false, true],
    ['https://a.example/api', 'https://a.example/apix', false, false],
    ['https://a.example/api', 'https://a.example/api/../admin', false, false],
    ['https://a.example/api', 'https://a.example/api/%2e%2e/admin', false, false],
    ['https://a.example/api', 'https://a.example/api/x%2f..', false, false],
    ['https://a.example', 'https://a.example.evil/', false, false],
    ['https://a.example', 'https://a.example@evil.example/', false, false],
    ['https://a.example', 'https://a.example:8443/', false, false],
    ['https://a.example/api', 'http://a.example/api/v1', false, false],
    ['https://a.example/api/v1', 'https://a.example/api', false, false],
    ['https://a.example/api', 'https://a.example/api/v1#x', false, false],
  ];
  for (const [registered, requested, exact, prefix] of cases) {
    it(`${requested} where ${registered} is registered`, () => {
      assert.equal(matchesResource([registered], requested, 'exact'), exact);
      assert.equal(matchesResource([registered], requested, 'prefix'), prefix);
    });
  }
});
