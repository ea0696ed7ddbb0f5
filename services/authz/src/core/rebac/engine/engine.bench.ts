import { compileModel } from '../compile-model.js';
import type { Budget, RelationEngine, Sliced } from '../relation-engine.js';
import type { RelationTuple } from '../tuple.js';
import { validateModel } from '../validate-model.js';
import { createRelationEngine, loadRelationEngine } from './create-relation-engine.js';

/**
 * What the engine does by itself, without wire and database: `node services/authz/dist/core/rebac/engine/engine.bench.js`,
 * perhaps with a number of tuples (1 000 000). Times are of the processor, so that a busy machine does not change them;
 * percentiles are of the clock. A company's documents: folders and groups are nested 5 deep, most checks deny.
 */
const DEPTH = 5;
const LISTED = 10_000;
const QUESTIONS = 200_000;
const SECONDS = 3;

const MODEL = compiled({
  user: {},
  group: { member: { this: ['user', 'group#member'] } },
  folder: { parent: { this: ['folder'] }, viewer: { this: ['user', 'group#member'], from: 'parent' } },
  document: {
    parent: { this: ['folder'] },
    owner: { this: ['user'] },
    viewer: { this: ['user', 'group#member'], computed: 'owner', from: 'parent' },
  },
});

const budget: Budget = { nodes: 1_000_000, isOver: () => false, timeMs: 60_000 };
const size = Number(process.argv[2] ?? 1_000_000);
const random = createRandom(1);
const say = (text: string) => process.stdout.write(`${text}\n`);
const shares = { users: size * 0.1, groups: size * 0.016, folders: size * 0.04, documents: size * 0.5 };

const tuples = [...tuplesOf()];
const memoryBefore = memory();
const builtMs = time(() => build(tuples));
const engine = build(tuples);
say(`tuples                      ${engine.tupleCount}`);
say(`build from strings          ${seconds(builtMs)} (${Math.round(tuples.length / builtMs)} k tuples/s)`);
say(`bytes per tuple             ${(engine.byteSize / engine.tupleCount).toFixed(1)}`);
say(`process memory per tuple    ${((memory() - memoryBefore) / engine.tupleCount).toFixed(1)} (with garbage)`);
measureSnapshot(engine);
measureChecks('random, mostly deny', randomQuestions());
measureChecks('owner of a document', ownerQuestions());
measureChecks('member of a group', memberQuestions());
measureLists(engine);

function measureSnapshot(of: RelationEngine): void {
  const start = cpuMs();
  const bytes = Buffer.concat([...of.save()]);
  const saved = cpuMs();
  const loaded = loadRelationEngine(bytes);
  const end = cpuMs();
  if (!loaded.ok || loaded.value.tupleCount !== of.tupleCount) throw new Error('the snapshot is not what was saved');
  say(
    `snapshot                    ${(bytes.length / 2 ** 20).toFixed(0)} MiB, save ${seconds(saved - start)}, load ${seconds(end - saved)}`,
  );
}

function measureChecks(name: string, questions: readonly RelationTuple[]): void {
  let allowed = 0;
  let failed = 0;
  const ask = (question: RelationTuple): void => {
    const answer = engine.check({ ...question, model: MODEL, budget });
    if (!answer.ok) failed++;
    else if (answer.value) allowed++;
  };
  for (const question of questions.slice(0, 50_000)) ask(question);
  allowed = 0;
  let count = 0;
  const start = cpuMs();
  while (cpuMs() < start + SECONDS * 1000)
    for (let at = 0; at < 1000; at++) ask(questions[count++ % questions.length] as RelationTuple);
  const took = cpuMs() - start;
  const share = ((100 * allowed) / count).toFixed(1);
  const single = percentiles(questions, ask);
  if (failed > 0) throw new Error(`${failed} checks failed`);
  say(
    `checks: ${name.padEnd(20)}${Math.round((count / took) * 1000).toLocaleString('en')} per CPU second, ${single}, ${share} % allowed`,
  );
}

function percentiles(questions: readonly RelationTuple[], ask: (question: RelationTuple) => void): string {
  const times = new Float64Array(Math.min(questions.length, 100_000));
  for (let at = 0; at < times.length; at++) {
    const start = performance.now();
    ask(questions[at] as RelationTuple);
    times[at] = performance.now() - start;
  }
  times.sort();
  const at = (share: number) => `${((times[Math.floor(times.length * share)] ?? 0) * 1000).toFixed(1)} us`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}`;
}

function measureLists(of: RelationEngine): void {
  const question = { model: MODEL, budget, type: 'document', relation: 'viewer', subject: 'user:lister' };
  const runs = 20;
  let slices = 0;
  let start = 0;
  for (let run = -10; run < runs; run++) {
    if (run === 0) start = cpuMs();
    const list = of.listObjects({ ...question, limit: LISTED });
    slices = 1;
    let step = list.next();
    for (; !step.done; step = list.next()) slices++;
    if (!step.value.ok || step.value.value.objects.length !== LISTED) throw new Error('the list is wrong');
  }
  say(`list of ${LISTED} objects       ${((cpuMs() - start) / runs).toFixed(1)} ms in ${slices} slices`);
  const subjects = of.listSubjects({
    model: MODEL,
    budget,
    object: 'document:d1',
    relation: 'viewer',
    filters: [{ type: 'user' }],
    limit: 1000,
  });
  start = cpuMs();
  const answer = finish(subjects);
  say(
    `list of subjects            ${(cpuMs() - start).toFixed(1)} ms, ${answer.ok ? answer.value.subjects.length : answer.error.reason}`,
  );
}

function* tuplesOf(): Iterable<RelationTuple> {
  const { users, groups, folders, documents } = shares;
  const levels = Array.from({ length: DEPTH }, (_, level) => Math.max(1, Math.round((groups * 16) / 31 / 2 ** level)));
  for (const [level, count] of levels.entries())
    for (let group = 0; level + 1 < DEPTH && group < count; group++)
      yield tuple(`group:l${level + 1}-${random(levels[level + 1] ?? 1)}`, 'member', `group:l${level}-${group}#member`);
  for (let user = 0; user < users; user++)
    for (const group of new Set([random(levels[0] ?? 1), random(levels[0] ?? 1)]))
      yield tuple(`group:l0-${group}`, 'member', `user:u${user}`);
  const perLevel = Math.ceil(folders / DEPTH);
  for (let folder = 0; folder < folders; folder++) {
    const above = Math.floor(folder / perLevel) - 1;
    if (above >= 0) yield tuple(`folder:f${folder}`, 'parent', `folder:f${above * perLevel + random(perLevel)}`);
    const level = random(DEPTH + 1);
    if (level < DEPTH)
      yield tuple(`folder:f${folder}`, 'viewer', `group:l${level}-${random(levels[level] ?? 1)}#member`);
  }
  yield tuple('group:listers', 'member', 'user:lister');
  yield tuple('folder:listed', 'viewer', 'group:listers#member');
  for (let document = 0; document < documents; document++) {
    yield tuple(`document:d${document}`, 'parent', `folder:f${random(folders)}`);
    if (document < LISTED) yield tuple(`document:d${document}`, 'parent', 'folder:listed');
    if (document % 5 < 2) yield tuple(`document:d${document}`, 'owner', `user:u${random(users)}`);
  }
}

function randomQuestions(): readonly RelationTuple[] {
  const { users, documents } = shares;
  return Array.from({ length: QUESTIONS }, () =>
    tuple(`document:d${random(documents)}`, 'viewer', `user:u${random(users)}`),
  );
}

function ownerQuestions(): readonly RelationTuple[] {
  const owned = tuples.filter(({ relation }) => relation === 'owner');
  return Array.from({ length: QUESTIONS }, () => {
    const { object, relation, subject } = owned[random(owned.length)] as RelationTuple;
    return tuple(fresh(object), relation, fresh(subject));
  });
}

function memberQuestions(): readonly RelationTuple[] {
  const top = Math.max(1, Math.round((shares.groups * 16) / 31 / 2 ** (DEPTH - 1)));
  return Array.from({ length: QUESTIONS }, () =>
    tuple(`group:l4-${random(top)}`, 'member', `user:u${random(shares.users)}`),
  );
}

/** A text that was never asked for: no hash of it is known. */
function fresh(text: string): string {
  return Buffer.from(text).toString();
}

function tuple(object: string, relation: string, subject: string): RelationTuple {
  return { object, relation, subject };
}

function build(writes: readonly RelationTuple[]): RelationEngine {
  const built = createRelationEngine();
  built.apply({ revision: 1, writes, deletes: [] });
  return built;
}

function compiled(
  types: Record<string, Record<string, { this: readonly string[]; computed?: string; from?: string }>>,
) {
  const model = validateModel({
    schema_version: '1.1',
    type_definitions: Object.entries(types).map(([type, relations]) => ({
      type,
      relations: Object.fromEntries(
        Object.entries(relations).map(([name, { computed, from }]) => {
          const parts = [
            { this: {} },
            ...(computed ? [{ computedUserset: { relation: computed } }] : []),
            ...(from
              ? [{ tupleToUserset: { tupleset: { relation: from }, computedUserset: { relation: name } } }]
              : []),
          ];
          return [name, parts.length > 1 ? { union: { child: parts } } : { this: {} }];
        }),
      ),
      metadata: {
        relations: Object.fromEntries(
          Object.entries(relations).map(([name, { this: direct }]) => [
            name,
            {
              directly_related_user_types: direct.map((text) => {
                const [of, relation] = text.split('#');
                return { type: of, ...(relation && { relation }) };
              }),
            },
          ]),
        ),
      },
    })),
  });
  if (!model.ok) throw new Error(JSON.stringify(model.error));
  return compileModel(model.value);
}

function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * Math.floor(below));
  };
}

function finish<T>(sliced: Sliced<T>): T {
  for (;;) {
    const step = sliced.next();
    if (step.done) return step.value;
  }
}

function time(work: () => void): number {
  const start = cpuMs();
  work();
  return cpuMs() - start;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
