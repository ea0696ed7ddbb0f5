import { type IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { DROPPED_HEADERS, varyWith } from '../core/response-headers.js';

type GivenHeaders = OutgoingHttpHeaders | readonly OutgoingHttpHeader[];

/**
 * The response object of the gateway's server. Whoever writes the head of an answer (a service in this process, the
 * proxy, the gateway itself), the gateway has the last word on headers, in this one place.
 */
export class GatewayResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  /** Added where the answer does not say it itself. */
  defaults: ReadonlyMap<string, string> = new Map();
  /** Set whatever the answer says. */
  readonly forced = new Map<string, string>();
  /** `Vary: Origin`: another origin may get other headers. */
  variesByOrigin = false;
  /** The challenge of a 401 that has none (RFC 9110 section 11.6.1). */
  challenge: string | undefined;
  /** Called when the head of a stream of events is written. */
  onEventStream: (() => void) | undefined;

  override writeHead(status: number, reason?: string | GivenHeaders, headers?: GivenHeaders): this {
    if (this.headersSent) return this;
    const given = typeof reason === 'string' ? headers : reason;
    if (given) this.#take(given);
    for (const name of DROPPED_HEADERS) this.removeHeader(name);
    for (const [name, value] of this.defaults) if (!this.hasHeader(name)) this.setHeader(name, value);
    for (const [name, value] of this.forced) this.setHeader(name, value);
    if (this.variesByOrigin) this.setHeader('Vary', varyWith(this.#vary(), 'Origin'));
    if (status === 401 && this.challenge && !this.hasHeader('WWW-Authenticate')) {
      this.setHeader('WWW-Authenticate', this.challenge);
    }
    if (this.onEventStream && String(this.getHeader('Content-Type')).startsWith('text/event-stream')) {
      this.onEventStream();
    }
    return typeof reason === 'string' ? super.writeHead(status, reason) : super.writeHead(status);
  }

  #take(given: GivenHeaders): void {
    if (!isList(given)) {
      for (const [name, value] of Object.entries(given)) if (value !== undefined) this.setHeader(name, settable(value));
      return;
    }
    // The flat list of names and values: the first mention replaces, further ones add.
    const seen = new Set<string>();
    for (let at = 0; at < given.length; at += 2) {
      const name = String(given[at]);
      const value = settable(given[at + 1] ?? '');
      if (seen.has(name.toLowerCase())) this.appendHeader(name, typeof value === 'number' ? String(value) : value);
      else this.setHeader(name, value);
      seen.add(name.toLowerCase());
    }
  }

  #vary(): string | undefined {
    const value = this.getHeader('Vary');
    return value === undefined ? undefined : String(value);
  }
}

function isList(given: GivenHeaders): given is readonly OutgoingHttpHeader[] {
  return Array.isArray(given);
}

function settable(value: OutgoingHttpHeader | undefined): number | string | readonly string[] {
  return value ?? '';
}
