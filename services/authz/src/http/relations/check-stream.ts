import { Readable } from 'node:stream';
import { DomainError, isDomainError } from '@lumo/kit';
import { type InputOf, parseStrictJson } from '@lumo/service';
import type { BatchedCheck } from '../../app/relations/check-relations.js';
import type { AuthzApp } from '../../app.js';
import { viewChecked } from './checked-view.js';
import { type Line, readLines } from './lines.js';
import { askedAlong, ownSubject } from './relation-input.js';
import { checkItem, type checks } from './relations.routes.js';

type Input = InputOf<typeof checks>;
type Id = string | number | undefined;

/** A line that was read and is not answered yet: a question on its way, or one that is none. */
type Pending = { readonly id: Id } & ({ readonly refused?: undefined } | { readonly refused: object });

/** What is written at once, in characters. */
const CHUNK = 16 * 1024;

/**
 * Answers a stream of checks line by line, in order, while they come. A line that is no question, or that the caller may not
 * ask, is answered with its error and takes nothing from the others. What is wrong with the whole is a refusal as long as
 * nothing was answered, and the last line of the stream after that.
 */
export async function streamChecks(app: AuthzApp, input: Input, body: Readable): Promise<unknown> {
  const lines = answerLines(app, input, body);
  const first = await lines.next();
  const all = async function* () {
    try {
      if (!first.done) yield first.value;
      yield* lines;
    } catch (error) {
      if (!isDomainError(error) || error.kind === 'internal') throw error;
      const { code, message } = error;
      yield `${JSON.stringify({ done: false, error: { code, message } })}\n`;
    }
  };
  return input.reply
    .type('application/x-ndjson')
    .header('cache-control', 'no-store')
    .send(Readable.from(inChunks(all()), { objectMode: false }));
}

async function* answerLines(app: AuthzApp, { ctx, query }: Input, body: Readable): AsyncGenerator<string> {
  const pending: Pending[] = [];
  let count = 0;
  let token: string | undefined;
  const questions = async function* (): AsyncGenerator<BatchedCheck> {
    for await (const line of readLines(body)) {
      const read = await readQuestion(app, ctx, line);
      pending.push(read.pending);
      if (read.check) yield read.check;
    }
  };
  const refusedBefore = function* (): Generator<string> {
    for (let next = pending[0]; next?.refused; next = pending[0]) {
      pending.shift();
      count++;
      yield `${JSON.stringify(next.refused)}\n`;
    }
  };
  for await (const answer of app.checkRelationStream(ctx, { ...targetOf(query), checks: questions() })) {
    yield* refusedBefore();
    token = answer.token;
    count++;
    yield `${JSON.stringify(viewChecked(pending.shift()?.id, answer))}\n`;
  }
  yield* refusedBefore();
  yield `${JSON.stringify({ done: true, count, ...(token !== undefined && { token }) })}\n`;
}

async function readQuestion(
  app: AuthzApp,
  ctx: Input['ctx'],
  { number, text }: Line,
): Promise<{ readonly pending: Pending; readonly check?: BatchedCheck }> {
  let id: Id;
  try {
    const parsed = checkItem.safeParse(parseStrictJson(text));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new DomainError('invalid', 'validation_error', `${issue?.path.join('.') || 'check'}: ${issue?.message}`);
    }
    const { data } = parsed;
    id = data.id;
    const { object, relation, subject = ownSubject(ctx) } = data;
    await app.requireMayAskAbout(ctx, [subject], data.contextual_tuples !== undefined);
    return { pending: { id }, check: { object, relation, subject, ...askedAlong(data) } };
  } catch (error) {
    if (!isDomainError(error) || error.kind === 'internal' || error.kind === 'unavailable') throw error;
    const { code, message } = error;
    return {
      pending: {
        id,
        refused: { ...(id !== undefined && { id }), error: { code, message, details: { line: number } } },
      },
    };
  }
}

function targetOf({ store, model, consistency, at_least_as_fresh: token }: Input['query']) {
  if (consistency !== undefined && token !== undefined)
    throw new DomainError('invalid', 'validation_error', 'Send consistency or at_least_as_fresh, not both.');
  const wanted = token === undefined ? consistency : { at_least_as_fresh: token };
  return {
    ...(store !== undefined && { store }),
    ...(model !== undefined && { modelId: model }),
    ...(wanted !== undefined && { consistency: wanted }),
  };
}

/** Fewer, larger writes: what is at hand goes together, and nothing waits for what is not. */
async function* inChunks(texts: AsyncGenerator<string>): AsyncGenerator<string> {
  let chunk = '';
  let idle: Promise<undefined> | undefined;
  try {
    for (let next = texts.next(); ; ) {
      const got = await (idle ? Promise.race([next, idle]) : next);
      if (got?.done) break;
      if (got) {
        chunk += got.value;
        idle ??= new Promise((resolve) => setImmediate(() => resolve(undefined)));
        next = texts.next();
        if (chunk.length < CHUNK) continue;
      }
      yield chunk;
      chunk = '';
      idle = undefined;
    }
    if (chunk !== '') yield chunk;
  } finally {
    await texts.return(undefined);
  }
}
