import type { RequestContext } from '@lumo/tenancy';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { ProblemResponse } from './problem.js';

/** Scopes of an API key, or the same admin right of a person or client (contract 1.4). */
export type AdminScope =
  | 'admin:users'
  | 'admin:roles'
  | 'admin:groups'
  | 'admin:clients'
  | 'admin:agents'
  | 'admin:audit'
  | 'admin:keys'
  | 'admin:settings';

/** What a caller must be to enter a route. There is no default: a route without it does not compile. */
export type Access =
  | { readonly kind: 'admin'; readonly scope: AdminScope }
  /** Any authenticated principal of the org, optionally only of some types. */
  | { readonly kind: 'principal'; readonly types?: readonly RequestContext['principal']['type'][] }
  | { readonly kind: 'instance' }
  /** The handler authenticates an OAuth client itself. */
  | { readonly kind: 'client-auth' }
  | { readonly kind: 'public'; readonly why: string };

/** Needs the admin scope: `admin:read` also serves for GET, `admin:write` for the rest. */
export function requires(scope: AdminScope): Access {
  return { kind: 'admin', scope };
}

export function anyPrincipal(...types: readonly RequestContext['principal']['type'][]): Access {
  return types.length === 0 ? { kind: 'principal' } : { kind: 'principal', types };
}

export function instanceOperator(): Access {
  return { kind: 'instance' };
}

export function clientAuth(): Access {
  return { kind: 'client-auth' };
}

export function publicRoute(why: string): Access {
  return { kind: 'public', why };
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * A route as data: what it accepts, what it returns, which statuses it may answer, who may call it.
 * The shell validates input against it, the guard enforces `access`, and the OpenAPI document is made from it.
 */
export interface RouteSpec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly method: Method | readonly Method[];
  /** Below the mount, e.g. `/admin/roles/:roleId`. */
  readonly path: string;
  /** Older names of the same route: same parameters, same handler. */
  readonly aliases?: readonly string[];
  /** `org`: `/orgs/:org/api/v1`, and the alias `/t/:org/api/v1`. `root`: the server's root. */
  readonly mount: 'org' | 'root';
  readonly access: Access;
  readonly summary: string;
  readonly tag: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Schema of every success answer by status; `null` for an empty body. */
  readonly responses: Readonly<Record<number, z.ZodType | null>>;
  /** Media types that a success may have beside JSON, such as `text/csv`. */
  readonly alsoProduces?: readonly string[];
  /** Media types beside JSON that a body may have, such as `application/x-ndjson`: it reaches the handler as a stream. */
  readonly alsoConsumes?: readonly string[];
  /** Refusals of this route beyond the ones every route has (401, 403, 429, 5xx). */
  readonly errors?: Readonly<Record<number, readonly string[]>>;
  /**
   * Answered also in one message with others (`answer-together.ts`), because it is asked very often. Only for a POST whose
   * handler uses nothing of `request` and `reply`.
   */
  readonly together?: true;
  /** How refusals look where another protocol says so; absent: the envelope of the platform. */
  readonly refusals?: RefusalFace;
}

/** What the refusals of a foreign protocol look like, and how ours become theirs. */
export interface RefusalFace {
  readonly schema: z.ZodType;
  of(problem: ProblemResponse): { readonly status: number; readonly body: unknown };
}

export type Route<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
> = RouteSpec<P, Q, B>;

export function route<
  P extends z.ZodType = z.ZodType<Record<string, string>>,
  Q extends z.ZodType = z.ZodType<Record<string, never>>,
  B extends z.ZodType = z.ZodType<undefined>,
>(spec: RouteSpec<P, Q, B>): Route<P, Q, B> {
  return spec;
}

/** What a handler receives: parsed input and the context of the call. */
export interface Input<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly ctx: RequestContext;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export type InputOf<R> =
  R extends RouteSpec<infer P, infer Q, infer B> ? Input<z.infer<P>, z.infer<Q>, z.infer<B>> : never;
