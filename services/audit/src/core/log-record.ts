/** A party of a record: who did it, or an agent that acted for them. */
export interface Party {
  readonly type: string;
  readonly id: string;
}

/** What a record says, before it has its place in the log. Every text is storable (see storable.ts). */
export interface LogFact {
  /** UUID of the event; an event stands once in the log. */
  readonly eventId: string;
  readonly occurredAt: Date;
  /** Dotted name, e.g. `user.created`. */
  readonly name: string;
  readonly category: string;
  readonly severity: string;
  readonly result: string;
  readonly actor: Party & { readonly name: string | null };
  /** First delegate first. */
  readonly actorChain: readonly Party[];
  readonly target: { readonly type: string; readonly id: string; readonly name: string | null } | null;
  /** Lower case. */
  readonly userEmail: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestId: string;
  readonly traceId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A record in its place. */
export interface LogRecord extends LogFact {
  /** 1, 2, 3 … within the org, without gaps. */
  readonly seq: number;
  readonly recordedAt: Date;
  /** 32 bytes: SHA-256 over the hash of the record before and this record. */
  readonly hash: Buffer;
}
