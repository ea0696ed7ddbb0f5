import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import type { NewEvent } from '@lumo/messaging';
import { ANONYMOUS, type RequestContext, requireContext } from '@lumo/tenancy';
import { createDecisionLog } from './decision-log.js';

interface Recorded {
  readonly event: NewEvent;
  readonly ctx: RequestContext;
}

function context(org: string, user: string, requestId = 'req'): RequestContext {
  return { org: { id: org, slug: org }, principal: { ...ANONYMOUS, type: 'user', id: user }, requestId };
}

const decision = (permission: string, allowed = true, id = 'u1') => ({
  subject: { type: 'user' as const, id },
  permission,
  allowed,
});

describe('DecisionLog', () => {
  let recorded: Recorded[];
  let log: ReturnType<typeof createDecisionLog>;

  beforeEach(() => {
    mock.timers.enable({ apis: ['setInterval'] });
    recorded = [];
    log = createDecisionLog({ record: (event) => void recorded.push({ event, ctx: requireContext() }) });
  });
  afterEach(() => {
    log.close();
    mock.timers.reset();
  });

  it('writes nothing in the request, and one event for each caller and window', () => {
    log.record(context('a', 'u1', 'first'), [decision('x')]);
    log.record(context('a', 'u1', 'second'), [decision('x'), decision('y', false)]);
    log.record(context('a', 'u2'), [decision('x')]);
    log.record(context('b', 'u1'), [decision('x')]);
    assert.equal(recorded.length, 0);
    mock.timers.tick(250);
    assert.deepEqual(
      recorded.map(({ ctx }) => [ctx.org?.id, ctx.principal.id, ctx.requestId]),
      [
        ['a', 'u1', 'first'],
        ['a', 'u2', 'req'],
        ['b', 'u1', 'req'],
      ],
    );
    assert.deepEqual(recorded[0]?.event, {
      name: 'authz.checked',
      target: { type: 'user', id: 'u1' },
      result: 'success',
      data: {
        decisions: [
          { subject_type: 'user', subject_id: 'u1', permission: 'x', allowed: true, count: 2 },
          { subject_type: 'user', subject_id: 'u1', permission: 'y', allowed: false, count: 1 },
        ],
        omitted: 0,
      },
    });
  });

  it('says denied where nothing was allowed, and no target where there are several subjects', () => {
    log.record(context('a', 'u1'), [decision('x', false, 'u1'), decision('x', false, 'u2')]);
    mock.timers.tick(250);
    assert.equal(recorded[0]?.event.result, 'denied');
    assert.equal(recorded[0]?.event.target, undefined);
  });

  it('tells agents that act for the same person apart', () => {
    const ctx = context('a', 'u1');
    const delegated = { ...ctx, principal: { ...ctx.principal, actors: [{ type: 'agent' as const, id: 'agt_1' }] } };
    log.record(ctx, [decision('x')]);
    log.record(delegated, [decision('x')]);
    mock.timers.tick(250);
    assert.equal(recorded.length, 2);
  });

  it('lists 200 different decisions and counts the others', () => {
    log.record(
      context('a', 'u1'),
      Array.from({ length: 230 }, (_, i) => decision(`p${i}`)),
    );
    mock.timers.tick(250);
    const data = recorded[0]?.event.data as { readonly decisions: readonly unknown[]; readonly omitted: number };
    assert.deepEqual([data.decisions.length, data.omitted], [200, 30]);
  });

  it('spreads the events of very many callers over windows and loses none', () => {
    for (let i = 0; i < 250; i++) log.record(context('a', `u${i}`), [decision('x')]);
    mock.timers.tick(250);
    assert.equal(recorded.length, 100);
    mock.timers.tick(500);
    assert.equal(recorded.length, 250);
  });

  it('writes what is collected when it closes', () => {
    for (let i = 0; i < 250; i++) log.record(context('a', `u${i}`), [decision('x')]);
    log.close();
    assert.equal(recorded.length, 250);
  });
});
