import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpClient } from '../load/http-client.js';

const PATIENCE_MS = 120_000;
const LOOK_EVERY_MS = 500;

/** Waits until every event was delivered: what making orgs left to do is no part of what is measured after it. */
export async function settle(http: HttpClient): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  while (performance.now() < untilMs) {
    const { text } = await http.expect(200, { method: 'GET', path: '/metrics' });
    if (pendingEvents(text) === 0) return;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error(`events still wait for delivery after ${PATIENCE_MS / 1000} s`);
}

/** Sums the outboxes of all services. */
export function pendingEvents(metrics: string): number {
  const found = metrics.matchAll(/^lumo_events_pending(?:\{[^}]*\})? (\d+)$/gm);
  return [...found].reduce((sum, [, value]) => sum + Number(value), 0);
}
