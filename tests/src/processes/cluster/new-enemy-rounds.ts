import assert from 'node:assert/strict';
import type { CallOutcome } from '../../support/sealed-call.js';

/** The words of one round: what it writes, and what must be true for everybody who knows of it. */
export interface Step {
  readonly writes?: readonly string[];
  readonly deletes?: readonly string[];
  /** `document:1#can_view`: whether the subject of the test has it from here on. */
  readonly expect: Readonly<Record<string, boolean>>;
}

export const MODEL = `model
  schema 1.1

type agent

type group
  relations
    define member: [agent, group#member]

type folder
  relations
    define parent: [folder]
    define viewer: [agent, group#member] or viewer from parent

type document
  relations
    define parent: [folder]
    define blocked: [agent, group#member]
    define viewer: [agent, agent:*, group#member] or viewer from parent
    define can_view: viewer but not blocked
`;

/**
 * Stories in which somebody loses or gets access, told about things of their own (`n`), so that stories run side by side.
 * The order of their steps is what matters: an answer that mixes an old state of one part with a new state of another lets
 * an enemy in that never had access (Zanzibar, section 2.2), or keeps a friend out.
 */
export const STORIES: readonly ((n: string, me: string) => readonly Step[])[] = [
  (n, me) => [
    { writes: [`document:${n}#viewer@${me}`], expect: { [`document:${n}#can_view`]: true } },
    { deletes: [`document:${n}#viewer@${me}`], expect: { [`document:${n}#can_view`]: false } },
    { writes: [`document:${n}#viewer@${me}`], expect: { [`document:${n}#can_view`]: true } },
  ],
  // Taken out of the folder, and only then is the secret put into it.
  (n, me) => [
    { writes: [`folder:${n}#viewer@${me}`], expect: { [`folder:${n}#viewer`]: true } },
    { deletes: [`folder:${n}#viewer@${me}`], expect: { [`folder:${n}#viewer`]: false } },
    { writes: [`document:${n}#parent@folder:${n}`], expect: { [`document:${n}#can_view`]: false } },
    { writes: [`folder:${n}#viewer@${me}`], expect: { [`document:${n}#can_view`]: true } },
  ],
  // Blocked first, then everybody may view it.
  (n, me) => [
    { writes: [`document:${n}#blocked@${me}`], expect: { [`document:${n}#can_view`]: false } },
    { writes: [`document:${n}#viewer@agent:*`], expect: { [`document:${n}#can_view`]: false } },
    { deletes: [`document:${n}#blocked@${me}`], expect: { [`document:${n}#can_view`]: true } },
    { writes: [`document:${n}#blocked@${me}`], expect: { [`document:${n}#can_view`]: false } },
  ],
  // Groups in groups, folders in folders: what is kept in closed form follows too.
  (n, me) => [
    {
      writes: [
        `group:${n}-inner#member@${me}`,
        `group:${n}-outer#member@group:${n}-inner#member`,
        `folder:${n}#viewer@group:${n}-outer#member`,
        `folder:${n}-below#parent@folder:${n}`,
        `document:${n}#parent@folder:${n}-below`,
      ],
      expect: { [`document:${n}#can_view`]: true, [`group:${n}-outer#member`]: true },
    },
    {
      deletes: [`group:${n}-inner#member@${me}`],
      expect: { [`document:${n}#can_view`]: false, [`group:${n}-outer#member`]: false },
    },
    { writes: [`group:${n}-outer#member@${me}`], expect: { [`document:${n}#can_view`]: true } },
    { deletes: [`folder:${n}-below#parent@folder:${n}`], expect: { [`document:${n}#can_view`]: false } },
  ],
  // One change that moves access from one place to another is seen whole.
  (n, me) => [
    { writes: [`document:${n}-a#viewer@${me}`], expect: { [`document:${n}-a#can_view`]: true } },
    {
      deletes: [`document:${n}-a#viewer@${me}`],
      writes: [`document:${n}-b#viewer@${me}`],
      expect: { [`document:${n}-a#can_view`]: false, [`document:${n}-b#can_view`]: true },
    },
  ],
];

/** `document:1#viewer@user:anne` in parts; without a subject for a question. */
export function parts(text: string): { readonly object: string; readonly relation: string; readonly subject?: string } {
  const [object = '', rest = ''] = text.split(/#(.*)/s);
  const [relation = '', subject] = rest.split(/@(.*)/s);
  return { object, relation, ...(subject !== undefined && { subject }) };
}

/** Somebody who answers: a replica, or the gateway. */
export interface Asked {
  readonly name: string;
  write(body: object): Promise<CallOutcome>;
  check(body: object): Promise<CallOutcome>;
  /** Whether an answer may be missing (never wrong) in what happened since this was asked. */
  mayFail(): () => boolean;
}

export interface Counts {
  steps: number;
  /** Right answers by who gave them. */
  readonly answers: Map<string, number>;
  missing: number;
}

/** Tells one story: every step is written through somebody, then asked of everybody in every strict way. */
export async function tell(
  story: readonly Step[],
  me: string,
  writers: readonly Asked[],
  readers: readonly Asked[],
  pick: (below: number) => number,
  counts: Counts,
): Promise<void> {
  const state = new Map<string, boolean>();
  for (const step of story) {
    const writer = writers[pick(writers.length)];
    assert.ok(writer);
    const body = { writes: (step.writes ?? []).map(parts), deletes: (step.deletes ?? []).map(parts) };
    const watching = watchMeanwhile(step, state, me, readers, pick);
    const written = await writer.write(body);
    assert.equal(written.status, 200, `${writer.name}: ${written.text}`);
    for (const [question, answer] of Object.entries(step.expect)) state.set(question, answer);
    const { token } = written.body as { token: string };
    await Promise.all([
      watching,
      ...Object.entries(step.expect).flatMap(([question, expected]) =>
        readers.flatMap((reader) =>
          [{ at_least_as_fresh: token }, 'fully_consistent' as const].map((consistency) =>
            requireAnswer(reader, question, me, consistency, expected, counts),
          ),
        ),
      ),
    ]);
    counts.steps += 1;
  }
}

async function requireAnswer(
  reader: Asked,
  question: string,
  me: string,
  consistency: unknown,
  expected: boolean,
  counts: Counts,
): Promise<string | undefined> {
  const failed = reader.mayFail();
  const { status, body, text } = await reader.check({ ...parts(question), subject: me, consistency });
  if (status !== 200) {
    assert.ok(failed(), `${reader.name}: ${status} ${text}`);
    assert.ok(status === 503 || status === 'hung', `${reader.name}: ${status} ${text}`);
    counts.missing += 1;
    return undefined;
  }
  const { allowed, token } = body as { allowed: boolean; token: string };
  const how = typeof consistency === 'string' ? consistency : 'at_least_as_fresh';
  assert.equal(allowed, expected, `${reader.name}: ${question} at ${how}: a stale ${allowed ? 'allow' : 'deny'}`);
  counts.answers.set(reader.name, (counts.answers.get(reader.name) ?? 0) + 1);
  return token;
}

/**
 * While the step is being written, somebody may see it or not; but what one reader saw, no other may deny who is given the
 * token of that answer. Only for questions that the step decides and that had an answer before.
 */
async function watchMeanwhile(
  step: Step,
  state: ReadonlyMap<string, boolean>,
  me: string,
  readers: readonly Asked[],
  pick: (below: number) => number,
): Promise<void> {
  const [question] = Object.keys(step.expect);
  const before = question === undefined ? undefined : state.get(question);
  const after = question === undefined ? undefined : step.expect[question];
  if (question === undefined || before === undefined || after === undefined || before === after) return;
  const one = readers[pick(readers.length)];
  const other = readers[pick(readers.length)];
  assert.ok(one && other);
  const modes = ['minimize_latency', 'fully_consistent'] as const;
  const asked = { ...parts(question), subject: me };
  const first = await one.check({ ...asked, consistency: modes[pick(modes.length)] });
  if (first.status !== 200) return;
  const seen = first.body as { allowed: boolean; token: string };
  if (seen.allowed !== after) return;
  const second = await other.check({ ...asked, consistency: { at_least_as_fresh: seen.token } });
  if (second.status !== 200) return;
  assert.equal(
    (second.body as { allowed: boolean }).allowed,
    after,
    `${other.name} goes back behind what ${one.name} answered: ${question}`,
  );
}
