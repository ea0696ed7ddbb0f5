import { Readable } from 'node:stream';
import { APP, Handles, type InputOf } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { Precondition } from '../../app/relations/preconditions.js';
import type { AuthzApp } from '../../app.js';
import type { TupleFilter } from '../../relation-ports.js';
import * as routes from './relation-data.routes.js';
import { askedWhere, plainTuple } from './relation-input.js';
import { watchEvents } from './watch-events.js';

/** How long a watch lasts at most: clients come back with the id of the last event, to whichever process is least busy. */
const MAX_WATCH_MS = 15 * 60_000;

/** The tuples of a store and the log of their changes. */
@Controller()
export class RelationDataController {
  constructor(@Inject(APP) private readonly app: AuthzApp) {}

  @Handles(routes.writeTuples)
  async write({ ctx, body, request }: InputOf<typeof routes.writeTuples>): Promise<object> {
    await this.app.requireRelationRight(ctx, 'write');
    const key = request.headers['idempotency-key'];
    const { on_duplicate: onDuplicate, on_missing: onMissing } = body;
    const { written, deleted, token } = await this.app.writeTuples(ctx, {
      writes: (body.writes ?? []).map(plainTuple),
      deletes: body.deletes ?? [],
      ...(body.preconditions && { preconditions: body.preconditions.map(readPrecondition) }),
      ...(typeof key === 'string' && { idempotencyKey: key }),
      ...(onDuplicate && { onDuplicate }),
      ...(onMissing && { onMissing }),
      ...askedWhere(body),
    });
    return { written, deleted, token };
  }

  @Handles(routes.readTuples)
  async read({ ctx, query }: InputOf<typeof routes.readTuples>): Promise<object> {
    await this.app.requireRelationRight(ctx, 'read');
    const { tuples, cursor, token } = await this.app.readTuples(ctx, {
      filter: readFilter(query),
      pageSize: query.limit,
      ...(query.cursor !== undefined && { cursor: query.cursor }),
      ...askedWhere({ store: query.store }),
    });
    return {
      tuples: tuples.map(({ tuple, writtenAt }) => ({ ...tuple, written_at: writtenAt.toISOString() })),
      ...(cursor && { cursor }),
      token,
    };
  }

  @Handles(routes.readChanges)
  async changes({ ctx, query }: InputOf<typeof routes.readChanges>): Promise<object> {
    await this.app.requireRelationRight(ctx, 'read');
    const { changes, cursor } = await this.app.readChanges(ctx, {
      pageSize: query.limit,
      ...(query.object_type !== undefined && { objectType: query.object_type }),
      ...(query.since !== undefined && { since: new Date(query.since) }),
      ...(query.cursor !== undefined && { cursor: query.cursor }),
      ...askedWhere({ store: query.store }),
    });
    return {
      changes: changes.map(({ tuple, operation, at, revision }) => ({
        ...tuple,
        operation,
        at: at.toISOString(),
        revision,
      })),
      cursor,
    };
  }

  @Handles(routes.watch)
  async watch({ ctx, query, request, reply }: InputOf<typeof routes.watch>): Promise<unknown> {
    await this.app.requireRelationRight(ctx, 'read');
    const resumed = request.headers['last-event-id'];
    const { object_type: types } = query;
    const { signal, close } = this.app.streams.open(MAX_WATCH_MS);
    const events = watchEvents(
      this.app.watchChanges(ctx, {
        after: (typeof resumed === 'string' && resumed !== '' ? resumed : query.after) ?? 'now',
        ...(types !== undefined && { objectTypes: typeof types === 'string' ? [types] : types }),
        ...askedWhere({ store: query.store }),
        signal,
      }),
      // Roles may have changed since the stream was opened.
      async () => this.app.requireRelationRight(ctx, 'read'),
      close,
    );
    // What is wrong with the request shows with the first event, and is a refusal like any other.
    const first = await events.next();
    const all = async function* () {
      if (!first.done) yield first.value;
      yield* events;
    };
    const stream = Readable.from(all(), { objectMode: false, highWaterMark: 16 * 1024 });
    stream.once('close', close);
    return reply
      .type('text/event-stream; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('x-accel-buffering', 'no')
      .send(stream);
  }
}

function readFilter(given: {
  readonly object?: string | undefined;
  readonly object_type?: string | undefined;
  readonly relation?: string | undefined;
  readonly subject?: string | undefined;
}): TupleFilter {
  const { object, object_type: objectType, relation, subject } = given;
  return {
    ...(object !== undefined && { object }),
    ...(objectType !== undefined && { objectType }),
    ...(relation !== undefined && { relation }),
    ...(subject !== undefined && { subject }),
  };
}

type GivenPrecondition = NonNullable<InputOf<typeof routes.writeTuples>['body']['preconditions']>[number];

function readPrecondition(given: GivenPrecondition): Precondition {
  return 'must_exist' in given
    ? { kind: 'must_exist', filter: readFilter(given.must_exist) }
    : { kind: 'must_not_exist', filter: readFilter(given.must_not_exist) };
}
