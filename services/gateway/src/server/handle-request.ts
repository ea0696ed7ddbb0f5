import type { IncomingMessage } from 'node:http';
import { isDomainError } from '@lumo/kit';
import { CONTEXT_HEADER } from '@lumo/service';
import type { ContextCodec } from '@lumo/tenancy';
import type { SenderProof } from '@lumo/token-signing';
import type { Logger } from 'pino';
import type { ClientAddresses } from '../core/client-address.js';
import { INTERNAL, type Refusal, RequestRefused, refusalOf, retryAfter } from '../core/refusal.js';
import { rewriteHeaders } from '../core/request-headers.js';
import { chooseRequestId } from '../core/request-id.js';
import type { FindOrg } from '../credentials/access-tokens.js';
import type { AllowedOrigins } from '../credentials/allowed-origins.js';
import type { Authenticator } from '../credentials/authenticate.js';
import type { ClientCertificates, PresentedCertificate } from '../credentials/client-certificates.js';
import type { Forwarder } from '../forward/forwarder.js';
import type { Concurrency } from '../limits/concurrency.js';
import type { AuthMode } from '../route-table.js';
import type { AnswerOwn } from '../surface/surface.js';
import { authenticateCaller, type Caller, REALM, resolveOrg } from './admission.js';
import { answerRefusal } from './answer.js';
import { answerPreflight, grantForeignOrigin, isPreflight, openToEveryone } from './cross-origin.js';
import type { EventStreams } from './event-streams.js';
import type { GatewayResponse } from './gateway-response.js';
import { type HeadReader, type RequestHead, readSender, type Sender } from './request-head.js';
import { rateClassOf, type SpendBudget } from './spend-budget.js';
import type { StepUp } from './step-up.js';

export interface RequestHandlerOptions {
  readonly defaultHeaders: ReadonlyMap<string, string>;
  readonly addresses: ClientAddresses;
  readonly head: HeadReader;
  readonly findOrg: FindOrg;
  readonly authenticator: Authenticator;
  /** Public base URL; DPoP proofs name addresses below it. */
  readonly baseUrl: string;
  readonly certificates: ClientCertificates;
  /** Which peers are TLS terminators. */
  readonly terminators: Pick<ClientAddresses, 'isTrusted'>;
  readonly stepUp: StepUp;
  readonly origins: AllowedOrigins;
  readonly spend: SpendBudget;
  readonly concurrency: Concurrency;
  readonly forwarder: Forwarder;
  readonly streams: EventStreams;
  readonly own: AnswerOwn;
  readonly codec: ContextCodec;
  readonly logger: Logger;
  readonly now: () => number;
  /** Told once per request, when its answer ended; `route` is a path of the table. */
  readonly finished: (request: { route: string; method: string; status: number; seconds: number }) => void;
}

export type RequestHandler = (request: IncomingMessage, response: GatewayResponse) => void;

/** Nobody waits longer for an answer. */
const DEADLINE_MS = 30_000;
const USER_AGENT_CHARS = 512;

/** What happens to every request, in order. */
export function createRequestHandler(options: RequestHandlerOptions): RequestHandler {
  const { addresses, head: reader, findOrg, authenticator, origins, spend, now } = options;

  const serve = async (request: IncomingMessage, response: GatewayResponse, trail: Trail): Promise<void> => {
    const { sender } = trail;
    const head = reader.read(request);
    trail.route = head.row.path;
    if (head.row.echoesRequestId) echoRequestId(request, response);
    const { row } = head;
    response.variesByOrigin = row.cors === 'client' || row.cors === 'client_with_cookies';
    const org = head.orgSlug === undefined ? undefined : await resolveOrg(findOrg, head.orgSlug);
    if (isPreflight(request)) {
      trail.counted = true;
      await spend(response, 'preflight', sender, { ...(org && { org }), principal: NOBODY });
      return answerPreflight(origins, response, row.cors, request.headers.origin ?? '', org);
    }
    if (head.method === 'OPTIONS') throw new RequestRefused(NO_OPTIONS);
    if (row.cors === 'any') openToEveryone(response);
    else if (head.foreignOrigin !== undefined && org) {
      await grantForeignOrigin(origins, response, row.cors, head.foreignOrigin, org);
    }
    const certificate = options.certificates.read(
      request.headers,
      options.terminators.isTrusted(request.socket.remoteAddress ?? ''),
    );
    const proof = proofOf(request, head, certificate);
    const caller = await recognise(request, response, trail, head, org, proof);
    if (head.foreignOrigin !== undefined && !org && caller.org) {
      await grantForeignOrigin(origins, response, row.cors, head.foreignOrigin, caller.org);
    }
    const rateClass = rateClassOf(row.rate, head.method);
    trail.counted = true;
    if (rateClass) await spend(response, rateClass, sender, caller);
    if (row.to === 'self') return options.own(head, request, response);
    occupy(caller, response);
    if (head.method === 'GET' && row.auth === 'required') follow(request, response, head, org, proof);
    handOver(row.to, request, response, head, caller, trail, certificate);
  };

  /** A caller that cannot be recognised spends a budget of failures, not the one of those who can. */
  const recognise = async (
    request: IncomingMessage,
    response: GatewayResponse,
    trail: Trail,
    head: RequestHead,
    org: Caller['org'],
    proof: SenderProof,
  ): Promise<Caller> => {
    try {
      const { caller, nonce } = await authenticateCaller(authenticator, head.row.auth, request, org, proof);
      if (nonce !== undefined) response.forced.set('DPoP-Nonce', nonce);
      await options.stepUp(head.row, caller, request.headers.authorization);
      return caller;
    } catch (error) {
      if (error instanceof RequestRefused && error.refusal.status === 401) {
        trail.counted = true;
        await spend(response, 'failed_credential', trail.sender, { ...(org && { org }), principal: NOBODY });
      }
      throw error;
    }
  };

  const proofOf = (
    { headers, url = '' }: IncomingMessage,
    head: RequestHead,
    certificate: PresentedCertificate | undefined,
  ): SenderProof => ({
    method: head.method,
    // As it was asked for, and as it is spelled in our documents.
    uris: [...new Set([pathOf(url), pathOf(head.url)])].map((path) => `${options.baseUrl}${path}`),
    ...(typeof headers.dpop === 'string' && { dpop: headers.dpop }),
    ...(certificate && { certificateThumbprint: certificate.thumbprint }),
  });

  /** A stream of events lives as long as its credential: whoever opened it is asked again while it is open. */
  const follow = (
    request: IncomingMessage,
    response: GatewayResponse,
    { row }: RequestHead,
    org: Caller['org'],
    proof: SenderProof,
  ): void => {
    // The headers of the request lose the credential when it is handed over.
    const { authorization, 'x-api-key': apiKey } = request.headers;
    const headers = { ...(authorization !== undefined && { authorization }), ...(apiKey && { 'x-api-key': apiKey }) };
    options.streams.follow(response, async () => {
      await authenticateCaller(authenticator, row.auth, { headers }, org, { ...proof, again: true });
      return true;
    });
  };

  const occupy = ({ org }: Caller, response: GatewayResponse): void => {
    if (!org) return;
    if (!options.concurrency.enter(org.id)) throw new RequestRefused(TOO_MANY_AT_ONCE);
    response.once('close', () => options.concurrency.leave(org.id));
  };

  const handOver = (
    to: Exclude<RequestHead['row']['to'], 'self'>,
    request: IncomingMessage,
    response: GatewayResponse,
    head: RequestHead,
    caller: Caller,
    { sender, requestId }: Trail,
    certificate: PresentedCertificate | undefined,
  ): void => {
    const nowMs = now();
    const userAgent = request.headers['user-agent'];
    const context = options.codec.seal(
      {
        ...caller,
        requestId,
        ip: sender.address,
        ...(userAgent !== undefined && { userAgent: userAgent.slice(0, USER_AGENT_CHARS) }),
        deadlineMs: nowMs + DEADLINE_MS,
        // Only who authenticates clients itself has a use for it.
        ...(certificate &&
          head.row.auth === 'service' && {
            clientCertificate: { der: certificate.der, verified: certificate.verified },
          }),
      },
      nowMs,
    );
    rewriteHeaders(request, [...CONSUMED[head.row.auth], ...options.certificates.headers], {
      [CONTEXT_HEADER]: context,
      'x-request-id': requestId,
    });
    request.url = head.url;
    const { maxBodyBytes, placed, repeatable, together } = head.row;
    options.forwarder.forward(to, request, response, {
      ...(maxBodyBytes !== undefined && { maxBodyBytes }),
      ...(placed && caller.org && { placedBy: caller.org.id }),
      ...(repeatable && { repeatable }),
      ...(together && { together }),
    });
  };

  const refuse = async (response: GatewayResponse, trail: Trail, error: unknown): Promise<void> => {
    const refusal = publicFace(error, options.logger, trail.requestId);
    if (!trail.counted) {
      trail.counted = true;
      // Also what reaches no route has a budget, and says so in its headers.
      await spend(response, 'unrouted', trail.sender, undefined).catch((spent: unknown) =>
        answerRefusal(response, publicFace(spent, options.logger, trail.requestId)),
      );
    }
    answerRefusal(response, refusal);
  };

  return (request, response) => {
    const started = performance.now();
    const sender = readSender(request, addresses);
    const given = request.headers['x-request-id'];
    const requestId = chooseRequestId(Array.isArray(given) ? given[0] : given, sender.viaTrustedProxy);
    const trail: Trail = { sender, requestId, route: 'unmatched', counted: false };
    response.defaults = options.defaultHeaders;
    response.forced.set('X-Request-Id', requestId);
    response.challenge = CHALLENGE;
    response.once('close', () => {
      const seconds = (performance.now() - started) / 1000;
      options.finished({
        route: trail.route,
        method: request.method ?? '',
        status: response.statusCode,
        seconds,
      });
    });
    // Whoever writes after the answer was given (a service that was too slow) must not end the process.
    response.on('error', () => {});
    serve(request, response, trail).catch((error: unknown) => refuse(response, trail, error));
  };
}

/** What is known of a request so far, for its answer and its metric. */
interface Trail {
  readonly sender: Sender;
  readonly requestId: string;
  route: string;
  /** Whether a budget was asked: every answer spends exactly one. */
  counted: boolean;
}

const NOBODY = { type: 'anonymous', id: '', scopes: [], actors: [] } as const;
const CHALLENGE = `Bearer realm="${REALM}"`;
const VERIFIED = ['authorization', 'x-api-key', 'cookie', 'dpop'] as const;

function pathOf(url: string): string {
  const [path = ''] = url.split('?');
  return path;
}

/** Headers that end here because the gateway has judged them; a service that is not asked to judge never sees them. */
const CONSUMED: Readonly<Record<AuthMode, readonly string[]>> = {
  required: VERIFIED,
  optional: VERIFIED,
  instance: VERIFIED,
  none: VERIFIED,
  service: [],
};

function publicFace(error: unknown, logger: Logger, requestId: string): Refusal {
  if (error instanceof RequestRefused) return error.refusal;
  if (isDomainError(error)) {
    if (error.kind === 'internal') logger.error({ err: error.cause ?? error, requestId }, 'request failed');
    else if (error.kind === 'unavailable') logger.warn({ err: error.cause ?? error, requestId }, 'request refused');
    return refusalOf(error);
  }
  logger.error({ err: error, requestId }, 'request failed');
  return INTERNAL;
}

const NO_OPTIONS: Refusal = {
  status: 405,
  code: 'method_not_allowed',
  message: 'OPTIONS is only for the preflight requests of browsers.',
};

const TOO_MANY_AT_ONCE: Refusal = {
  status: 429,
  code: 'too_many_requests',
  message: 'This organization has too many requests in progress. Wait for some to finish.',
  headers: retryAfter(1),
};

/** Header-safe text; what goes into logs and records stays the id of this gateway. */
const ECHOABLE = /^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/;

/** AuthZEN 1.0 section 10.1.7: the answer names the request as the client did. */
function echoRequestId({ headers }: IncomingMessage, response: GatewayResponse): void {
  const given = headers['x-request-id'];
  if (typeof given === 'string' && ECHOABLE.test(given)) response.forced.set('X-Request-Id', given);
}
