import { AsyncLocalStorage } from 'node:async_hooks';
import { DomainError } from '@lumo/kit';
import { ANONYMOUS, type Principal } from './principal.js';

/** The tenant in the URL. `slug` is public and immutable, `id` is what the database knows. */
export interface Org {
  readonly id: string;
  readonly slug: string;
}

/** With what a client proved who it is to the TLS terminator (RFC 8705): only what a configured terminator said. */
export interface ClientCertificate {
  /** DER as base64. */
  readonly der: string;
  /** Whether the terminator vouches for the chain up to an authority that it trusts. */
  readonly verified: boolean;
}

/** What is known about the work in hand. It travels with every RPC and into every event. */
export interface RequestContext {
  /** Absent only for instance-wide work (health, instance API, schedulers). */
  readonly org?: Org;
  readonly principal: Principal;
  readonly requestId: string;
  /** Client address after trusted proxies, and its user agent: for the audit record. */
  readonly ip?: string;
  readonly userAgent?: string;
  /** Only for endpoints that authenticate OAuth clients themselves. */
  readonly clientCertificate?: ClientCertificate;
  /** Epoch milliseconds after which nobody waits for the answer any more. */
  readonly deadlineMs?: number;
}

const storage = new AsyncLocalStorage<RequestContext>();

export function runInContext<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

export function currentContext(): RequestContext | undefined {
  return storage.getStore();
}

/** The context of the work in hand; a bug (500) where there is none. */
export function requireContext(): RequestContext {
  const context = storage.getStore();
  if (!context) throw new DomainError('internal', 'server_error', 'no request context');
  return context;
}

/** The org of the work in hand. Code that reads an org's data cannot run without it. */
export function requireOrg(): Org {
  const { org } = requireContext();
  if (!org) throw new DomainError('not_found', 'tenant_not_found', 'This request names no organization.');
  return org;
}

/** A context for work that no request started: a job, a consumer, a scheduler. */
export function systemContext(service: string, requestId: string, org?: Org): RequestContext {
  return { ...(org && { org }), principal: { ...ANONYMOUS, type: 'service', id: service }, requestId };
}
