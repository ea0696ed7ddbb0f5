import { err, ok, type Result } from '@lumo/kit';
import { type Dispatcher, errors } from 'undici';
import { parseStrictJson } from '../http/strict-json.js';
import { checkTarget, type TargetPolicy } from './check-target.js';
import type { EgressFailure, EgressRequest, EgressResponse } from './egress.js';
import { ConnectionRefused, pinnedAgent } from './pinned-agent.js';
import { type Resolve, resolveTarget } from './resolve-target.js';

export const DEFAULT_MAX_BYTES = 64 * 1024;
const USER_AGENT = 'LumoAuth';
const REDIRECTS = [301, 302, 303, 307, 308];

export interface ExchangeOptions {
  readonly policy: TargetPolicy;
  readonly resolve: Resolve;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What came of one request: an answer, a failure, or the address of a redirect. */
export type Exchanged = Result<EgressResponse | { readonly redirect: string }, EgressFailure>;

/** One request and its answer, judged, pinned and bounded; aborted by the signal at the latest. */
export async function oneExchange(text: string, request: EgressRequest, options: ExchangeOptions): Promise<Exchanged> {
  const { policy, resolve, timeoutMs, signal } = options;
  const headers = headersOf(request);
  const checked = checkTarget(text, policy);
  if (!checked.ok) return err({ reason: 'url_refused', detail: checked.error });
  const url = checked.value;
  const resolved = await unlessAborted(resolveTarget(url, policy, resolve), signal);
  if (resolved === undefined) return err({ reason: 'timeout' });
  if (!resolved.ok) return resolved;
  const agent = pinnedAgent(url, resolved.value, policy, timeoutMs);
  try {
    const answer = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: request.method ?? 'GET',
      headers,
      ...(request.body !== undefined && { body: request.body }),
      signal,
    });
    return await judge(url, request, answer);
  } catch (error) {
    return err(signal.aborted ? { reason: 'timeout' } : failureOf(error));
  } finally {
    // Whatever is left of the answer goes with the connection.
    await agent.destroy();
  }
}

async function judge(url: URL, request: EgressRequest, answer: Dispatcher.ResponseData): Promise<Exchanged> {
  const { statusCode: status, headers, body } = answer;
  // Errors of a body that nobody reads would be thrown at the process.
  body.on('error', () => undefined);
  const header = (name: string): string | undefined => {
    const value = headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(', ') : value;
  };
  if (!(request.statuses ?? [200]).includes(status)) {
    const location = header('location');
    if (!REDIRECTS.includes(status) || location === undefined) return err({ reason: 'status', status });
    const next = URL.parse(location, url.href);
    return next ? ok({ redirect: next.href }) : err({ reason: 'redirected' });
  }
  if ((header('content-encoding') ?? 'identity').trim().toLowerCase() !== 'identity') {
    return err({ reason: 'content_encoding' });
  }
  const bytes = await readBounded(body, request.maxBytes ?? DEFAULT_MAX_BYTES, header('content-length'));
  if (!bytes) return err({ reason: 'too_large' });
  if (bytes.length > 0 && !isAccepted(header('content-type'), request.accept)) return err({ reason: 'content_type' });
  return ok(responseOf(status, url, header, bytes));
}

/** Only what the caller names; a name or value that could begin another header is a bug of the caller. */
function headersOf({ headers = {}, accept }: EgressRequest): Record<string, string> {
  const all: Record<string, string> = {
    'user-agent': USER_AGENT,
    // What is compressed cannot be bounded before it is unpacked.
    'accept-encoding': 'identity',
    ...(accept && { accept: accept.map((type) => (type.startsWith('+') ? '*/*;q=0.1' : type)).join(', ') }),
  };
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[a-z0-9-]{1,64}$/i.test(name) || !/^[\x20-\x7e\t]*$/.test(value)) {
      throw new Error(`not a header that can be sent: ${name}`);
    }
    if (/^(?:host|connection|cookie|proxy-.*|transfer-encoding|content-length|te|upgrade)$/i.test(name)) {
      throw new Error(`not a header of the caller: ${name}`);
    }
    all[name.toLowerCase()] = value;
  }
  return all;
}

async function readBounded(
  body: Dispatcher.ResponseData['body'],
  maxBytes: number,
  announced: string | undefined,
): Promise<Uint8Array | undefined> {
  if (Number(announced ?? 0) > maxBytes) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function isAccepted(contentType: string | undefined, accept: readonly string[] | undefined): boolean {
  if (!accept) return true;
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return accept.some((wanted) => (wanted.startsWith('+') ? type.endsWith(wanted) : type === wanted));
}

function responseOf(status: number, url: URL, header: EgressResponse['header'], bytes: Uint8Array): EgressResponse {
  const text = () => {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return undefined;
    }
  };
  return {
    status,
    url: url.href,
    header,
    bytes,
    text,
    json() {
      try {
        return parseStrictJson(text() ?? '');
      } catch {
        return undefined;
      }
    },
  };
}

function failureOf(error: unknown): EgressFailure {
  if (error instanceof ConnectionRefused) return { reason: 'address_refused', detail: error.message };
  if (error instanceof errors.HeadersOverflowError) return { reason: 'too_large' };
  if (error instanceof errors.HTTPParserError) return { reason: 'malformed' };
  if (
    error instanceof errors.ConnectTimeoutError ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError
  ) {
    return { reason: 'timeout' };
  }
  const code = String((error as { code?: unknown })?.code ?? '');
  if (/^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_|UNABLE_TO_|SELF_SIGNED_|HOSTNAME_MISMATCH|EPROTO)/.test(code)) {
    return { reason: 'tls' };
  }
  return { reason: 'unreachable' };
}

/** Undefined where the time is over first; what is still under way is left to itself. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const giveUp = () => resolve(undefined);
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
