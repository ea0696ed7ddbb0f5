import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileRoutes, spellings } from './core/route-matcher.js';
import { RATE_CLASSES } from './rate-table.js';
import { ROUTE_TABLE } from './route-table.js';
import { rateClassOf } from './server/spend-budget.js';

const match = compileRoutes(ROUTE_TABLE);
const segmentsOf = (path: string) =>
  path
    .split('/')
    .filter(Boolean)
    .map((segment) => (segment.startsWith(':') ? 'sample' : segment));

describe('route table', () => {
  for (const row of ROUTE_TABLE) {
    for (const path of spellings(row.path)) {
      it(`reaches ${path}`, () => assert.equal(match(segmentsOf(path))?.row, row));
      it(`reaches below ${path}`, () => assert.equal(match([...segmentsOf(path), 'unlisted~name'])?.row, row));
    }
  }

  it('names only budgets that exist, for every method', () => {
    for (const { path, rate } of ROUTE_TABLE) {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const) {
        const rateClass = rateClassOf(rate, method);
        assert.ok(rateClass === undefined || Object.hasOwn(RATE_CLASSES, rateClass), `${path} ${method}`);
      }
    }
  });

  it('authenticates every administrative route', () => {
    const rows = ROUTE_TABLE.filter(({ path }) => path.includes('/admin'));
    assert.ok(rows.length > 0);
    for (const { path, auth } of rows) assert.equal(auth, 'required', path);
  });

  it('lets cookies travel across origins at one path only', () => {
    const rows = ROUTE_TABLE.filter(({ cors }) => cors === 'client_with_cookies');
    assert.deepEqual(
      rows.map(({ path }) => path),
      ['P/oauth/login/json'],
    );
  });

  it('gives every reader access only to what the gateway did not authenticate', () => {
    for (const { path, auth, cors } of ROUTE_TABLE) if (cors === 'any') assert.equal(auth, 'none', path);
  });

  const samples: readonly (readonly [path: string, to: string | undefined])[] = [
    ['/orgs/acme/api/v1/oauth/token', 'authn'],
    ['/t/acme/api/v1/oauth/login/json', 'authn'],
    ['/orgs/acme/api/v1/.well-known/jwks.json', 'authn'],
    ['/.well-known/oauth-authorization-server/orgs/acme/api/v1', 'authn'],
    ['/.well-known/openid-configuration/orgs/acme/api/v1', 'authn'],
    ['/.well-known/openid-configuration', undefined],
    ['/.well-known/authzen-configuration/orgs/acme/api/v1', 'authz'],
    ['/orgs/acme/api/v1/.well-known/authzen-configuration', 'authz'],
    ['/orgs/acme/api/v1/access/v1/search/subject', 'authz'],
    ['/t/acme/api/v1/admin/users/u1/attributes', 'authz'],
    ['/t/acme/api/v1/admin/users/u1/roles', 'authn'],
    ['/orgs/acme/api/v1/admin/settings/authorization', 'authz'],
    ['/orgs/acme/api/v1/admin/settings/general', 'authn'],
    ['/api/v1/authz/check', 'authz'],
    ['/api/v1/instance/orgs', 'authn'],
    ['/t/acme/api/v1/admin/agents/agt_1/token', 'agents'],
    ['/orgs/acme/api/v1/admin/audit-logs/export', 'audit'],
    ['/orgs/acme/api/v1/admin', undefined],
    ['/orgs/acme/api/v1', undefined],
    ['/orgs/acme', undefined],
    ['/_internal/openapi.json', undefined],
    ['/orgs/acme/_internal/openapi.json', undefined],
    ['/', undefined],
  ];
  for (const [path, to] of samples) {
    it(`${path} goes to ${to ?? 'nobody'}`, () => assert.equal(match(segmentsOf(path))?.row.to, to));
  }
});
