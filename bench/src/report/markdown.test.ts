import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Measurement } from '../load/measure.js';
import { renderReport } from './markdown.js';
import type { Report } from './report.js';

const MB = 1024 * 1024;

const measurement = (p95: number, change: Partial<Measurement> = {}): Measurement => ({
  operations: 8000,
  failures: 0,
  firstFailure: undefined,
  seconds: 8,
  perSecond: 1000,
  latencyMs: { p50: 1, p95, p99: 9, max: 20 },
  usage: {
    cpuSeconds: { node: 8, database: 2, generator: 3, others: 0.5 },
    perCpuSecond: { node: 1000, server: 800 },
    rssBytes: 300 * MB,
    databasePssBytes: undefined,
  },
  ...change,
});

const EMPTY: Report = {
  startedAt: '2026-01-31T12:00:00.000Z',
  machine: {
    ...{ cpu: 'A CPU', cores: 2, memoryBytes: 4096 * MB, system: 'linux 6 x64' },
    ...{ node: 'v24.0.0', commit: '0123456789abcdef', loadBefore: 0.5 },
  },
  measureMs: 8000,
  scenarios: [],
  curve: [],
  failed: [],
};

const scenario = { name: 'a', title: 'tokens', users: 16, aim: 800 };

describe('the report', () => {
  it('says on what it was measured', () => {
    const text = renderReport(EMPTY);
    assert.match(text, /commit 0123456789ab, 8 s each\. 2 cores \(A CPU\), 4 096 MB/);
    assert.doesNotMatch(text, /\|/);
  });

  it('compares with the aim what the whole server needs', () => {
    const text = (aim: number) =>
      renderReport({ ...EMPTY, scenarios: [{ ...scenario, aim, measurement: measurement(5) }] });
    assert.match(text(800), /\| 1 000 \| 800 \| ≥ 800, met \| 300 \|/);
    assert.match(text(801), /≥ 801, missed/);
  });

  it('has dashes where the system does not tell', () => {
    const { usage: _, ...unknown } = measurement(5);
    const text = renderReport({ ...EMPTY, scenarios: [{ ...scenario, measurement: unknown }] });
    assert.match(text, /\| – \| – \| – \| – \| – \| ≥ 800 \| – \|/);
  });

  it('judges starts by the slowest and memory by each number', () => {
    const startUp = { coldReadyMs: 2500, coldSeededMs: 3000, warmReadyMs: [1500, 5100], warmCpuSeconds: undefined };
    const memory = { readyBytes: 200 * MB, afterLoadBytes: 401 * MB, peakBytes: 500 * MB, databasePssBytes: undefined };
    const text = renderReport({ ...EMPTY, startUp, memory });
    assert.match(text, /warm start until ready \(1\.50 s, 5\.10 s\) \| 5\.10 s \| ≤ 5\.00 s, missed/);
    assert.match(text, /, ready \| 200 MB \| ≤ 400 MB, met/);
    assert.match(text, /after the load \| 401 MB \| ≤ 400 MB, missed/);
  });

  it('compares every point of the curve with the first', () => {
    const point = (orgs: number, p95: number) => ({
      ...{ orgs, inUse: orgs },
      clientCredentials: measurement(p95),
      check: measurement(1),
    });
    const text = renderReport({ ...EMPTY, curve: [point(1, 2), point(10_000, 3)] });
    assert.match(text, /\| 10 000 \| 10 000 \| client credentials \|.*× 1\.50 \(aim ≤ 1\.1, missed\)/);
    assert.match(text, /\| 10 000 \| 10 000 \| check by API key \|.*× 1\.00 \(aim ≤ 1\.1, met\)/);
  });

  it('names what could not be measured', () => {
    assert.match(renderReport({ ...EMPTY, failed: [{ name: 'orgs', why: '401' }] }), /Not measured: orgs: 401/);
  });
});
