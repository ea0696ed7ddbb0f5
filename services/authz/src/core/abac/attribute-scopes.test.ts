import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AttributeSources, attributeScopes } from './attribute-scopes.js';
import { environmentOf, isTimeZone } from './environment.js';

const sources: AttributeSources = {
  isTrusted: true,
  user: {
    facts: { id: 'u', roles: ['viewer'] },
    stored: { team: 'stored', level: 1 },
    request: { id: 'forged', roles: ['admin'], team: 'sent', is_admin: true, extra: 1 },
  },
  resource: {
    facts: { id: 'd', type: 'document' },
    stored: { owner: 'stored' },
    request: { id: 'forged', owner: 'sent', size: 5 },
  },
  environment: { facts: { ip: '::1', hour: 8 }, request: { ip_address: '203.0.113.9', risk_score: 9, hour: 3 } },
  action: { soft: true },
};

describe('which source of an attribute counts', () => {
  it('what an application’s server sends is newer than what is stored; ids and roles are the directory’s', () => {
    assert.deepEqual(attributeScopes(sources), {
      user: { team: 'sent', level: 1, id: 'u', roles: ['viewer'], isAdmin: true, extra: 1 },
      resource: { owner: 'sent', id: 'd', type: 'document', size: 5 },
      environment: { ip: '203.0.113.9', hour: 3, risk_score: 9 },
      action: { soft: true },
    });
  });

  it('who asks for itself adds what is not known about things, and nothing about itself', () => {
    assert.deepEqual(attributeScopes({ ...sources, isTrusted: false }), {
      user: { team: 'stored', level: 1, id: 'u', roles: ['viewer'] },
      resource: { owner: 'stored', id: 'd', type: 'document', size: 5 },
      environment: { ip: '::1', hour: 8, risk_score: 9 },
      action: { soft: true },
    });
  });

  it('the canonical spelling counts where both are sent', () => {
    const environment = { facts: {}, request: { ip_address: 'old', ip: 'new' } };
    assert.deepEqual(attributeScopes({ ...sources, environment }).environment, { ip: 'new' });
  });
});

describe('the moment', () => {
  // A Sunday evening in UTC is Monday morning in Auckland.
  const now = Date.parse('2026-03-01T22:30:00Z');
  it('in UTC', () => {
    assert.deepEqual(environmentOf(now, 'UTC', { ip: '::1' }), {
      now: '2026-03-01T22:30:00.000Z',
      date: '2026-03-01',
      time: '22:30',
      hour: 22,
      dayOfWeek: 7,
      isWeekend: true,
      ip: '::1',
    });
  });
  it('in the time zone of the organization', () => {
    const { date, time, hour, dayOfWeek, isWeekend } = environmentOf(now, 'Pacific/Auckland', {});
    assert.deepEqual([date, time, hour, dayOfWeek, isWeekend], ['2026-03-02', '11:30', 11, 1, false]);
  });
  it('midnight is hour 0', () => {
    assert.equal(environmentOf(Date.parse('2026-03-01T00:00:00Z'), 'UTC', {}).hour, 0);
  });
  it('one way to sign in is text, several are a list', () => {
    assert.equal(environmentOf(now, 'UTC', { authMethods: ['pwd'] }).auth_method, 'pwd');
    assert.deepEqual(environmentOf(now, 'UTC', { authMethods: ['pwd', 'otp'] }).auth_method, ['pwd', 'otp']);
    assert.equal(environmentOf(now, 'UTC', { riskScore: 40 }).risk_score, 40);
  });
  it('knows time zones by name', () => {
    for (const zone of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])
      assert.ok(isTimeZone(zone), zone);
    for (const zone of ['', 'Mars/Olympus', '+02:00', 'x'.repeat(80), '../etc'])
      assert.equal(isTimeZone(zone), false, zone);
  });
});
