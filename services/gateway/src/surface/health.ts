import type { Readiness } from '@lumo/service';
import type { OwnDocument } from './surface.js';

const HEADERS = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' } as const;

/** The process runs; says nothing of anything else. */
export async function liveDocument(): Promise<OwnDocument> {
  return { headers: HEADERS, body: '{"status":"ok"}' };
}

/** 200 or 503, and every part by name with `ok` or the reason why it is not. */
export async function readyDocument(check: () => Promise<Readiness>): Promise<OwnDocument> {
  const { ready, parts } = await check();
  return {
    status: ready ? 200 : 503,
    headers: ready ? HEADERS : { ...HEADERS, 'Retry-After': '1' },
    body: JSON.stringify({ status: ready ? 'ok' : 'unavailable', parts }),
  };
}

/** What a service's own `/readyz` said, as parts of the whole. */
export function readAnswer(upstream: string, answer: { readonly status: number; readonly body: string }): Readiness {
  try {
    const { parts } = JSON.parse(answer.body) as { parts?: Record<string, unknown> };
    // `authn.database` says whose it is; `events` is that of this process.
    const named = Object.entries(parts ?? {}).map(
      ([name, state]) => [name.includes('.') ? name : `${upstream}.${name}`, String(state)] as const,
    );
    return {
      ready: answer.status === 200,
      parts: { [upstream]: answer.status === 200 ? 'ok' : 'not ready', ...Object.fromEntries(named) },
    };
  } catch {
    return { ready: answer.status === 200, parts: { [upstream]: `answered ${answer.status}` } };
  }
}
