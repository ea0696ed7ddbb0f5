import assert from 'node:assert/strict';
import { it } from 'node:test';
import { pendingEvents } from './settle.js';

it('sums what waits in every outbox', () => {
  const metrics = [
    '# HELP lumo_events_pending Events in the outbox of a service that wait for delivery.',
    'lumo_events_pending{service="authn"} 12',
    'lumo_events_pending{service="authz"} 0',
    'lumo_events_pending{service="agents"} 3',
    'lumo_events_published_total{service="authn"} 999',
  ].join('\n');
  assert.equal(pendingEvents(metrics), 15);
});
