import { createHmac, hkdfSync } from 'node:crypto';

/** Who calls, as the gateway would have established it. */
export interface SealedCaller {
  readonly org: { readonly id: string; readonly slug: string };
  readonly principal: Readonly<Record<string, unknown>>;
}

export interface CallOutcome {
  /** A status, or why there was none. */
  readonly status: number | 'unreachable' | 'hung';
  // biome-ignore lint/suspicious/noExplicitAny: a test reads answers of every shape.
  readonly body: any;
  readonly text: string;
}

/** The key of an org that may do everything, as a caller. */
export function keyOf(org: SealedCaller['org']): SealedCaller {
  const scopes = ['admin:read', 'admin:write', 'authz:check'];
  return { org, principal: { type: 'api_key', id: 'key_test', name: 'test', scopes, actors: [] } };
}

/** Headers with which a service believes that its gateway sends the request: made here from the master key alone. */
export function sealedHeaders(
  masterKey: Uint8Array,
  caller: SealedCaller,
  requestId = 'direct',
): Record<string, string> {
  const key = Buffer.from(hkdfSync('sha256', masterKey, 'lumoauth', 'context-hmac', 32));
  const content = { c: { ...caller, requestId }, e: Date.now() + 60_000 };
  const body = Buffer.from(JSON.stringify(content)).toString('base64url');
  const mac = createHmac('sha256', key).update(body).digest('base64url');
  return { 'x-lumo-context': `${body}.${mac}`, 'x-request-id': requestId };
}

/** A request whose end is told in every case. */
export async function callJson(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  json?: unknown,
  patienceMs = 9000,
): Promise<CallOutcome> {
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers, ...(json !== undefined && { 'content-type': 'application/json' }) },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      signal: AbortSignal.timeout(patienceMs),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, body: isJson ? JSON.parse(text) : undefined, text: text.slice(0, 500) };
  } catch (error) {
    const hung = (error as Error).name === 'TimeoutError';
    return { status: hung ? 'hung' : 'unreachable', body: undefined, text: String((error as Error).cause ?? error) };
  }
}
