import { uuidv7 } from '@lumo/kit';
import type { LogFact } from './log-record.js';

/** A fact for tests: a person created a user. */
export function fact(change: Partial<LogFact> = {}): LogFact {
  return {
    eventId: uuidv7(),
    occurredAt: new Date('2026-01-01T00:00:00.123Z'),
    name: 'user.created',
    category: 'users',
    severity: 'info',
    result: 'success',
    actor: { type: 'user', id: 'u1', name: 'admin@acme.test' },
    actorChain: [],
    target: { type: 'user', id: 'u2', name: null },
    userEmail: 'admin@acme.test',
    ip: '203.0.113.7',
    userAgent: null,
    requestId: 'req-1',
    traceId: null,
    data: { list: [1, 2.5], nested: { z: 1, a: 'ä' } },
    ...change,
  };
}
