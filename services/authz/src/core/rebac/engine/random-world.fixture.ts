import fc from 'fast-check';
import type { AuthorizationModel, RelationMetadata, TypeRestriction, Userset } from '../authorization-model.js';
import { compileModel } from '../compile-model.js';
import type { CompiledModel } from '../compiled-model.js';
import type { ConditionContext, RelationTuple } from '../tuple.js';
import { validateModel } from '../validate-model.js';

/** A model and tuples of which every shape that the language has occurs in some, and what may be asked of them. */
export interface World {
  readonly dsl: AuthorizationModel;
  readonly model: CompiledModel;
  /** Some of them not allowed by the model. No two of one key. */
  readonly tuples: readonly RelationTuple[];
  readonly context: ConditionContext | undefined;
}

const OWN_TYPES = ['group', 'doc'] as const;
const RELATIONS = ['a', 'b', 'c', 'd'] as const;
const IDS = ['1', '2', '3'] as const;

export const OBJECTS = OWN_TYPES.flatMap((type) => IDS.map((id) => `${type}:${id}`));
export const ALL_RELATIONS = [...RELATIONS, 'parent'] as const;
export const USERS = ['user:u', 'user:v', 'user:U'];
export const SUBJECTS = [...USERS, 'user:*', 'group:1#a', 'group:2#b', 'doc:1#c', 'doc:3#a', 'group:3'];

type Drawn =
  | { readonly kind: 'this' }
  | { readonly kind: 'computed'; readonly relation: number }
  | { readonly kind: 'parent'; readonly relation: number }
  | { readonly kind: 'union' | 'intersection'; readonly children: readonly Drawn[] }
  | { readonly kind: 'difference'; readonly base: Drawn; readonly subtract: Drawn };

const relationNumber = fc.nat({ max: RELATIONS.length - 1 });

/** What a model is mostly made of. Some mistakes hide where everything occurs at once. */
interface Flavour {
  /** Of ten direct types, how many have a condition. */
  readonly conditioned: number;
  /** How many of ten parts of a definition are such. */
  readonly union: number;
  readonly intersection: number;
  readonly difference: number;
  /** Levels of relations: those of one level may lead back to each other. */
  readonly levels: number;
}

const ANYTHING: Flavour = { conditioned: 3, union: 2, intersection: 2, difference: 2, levels: 4 };
/** Groups in groups and parents of parents, and little else. */
const NESTED: Flavour = { conditioned: 0, union: 5, intersection: 0, difference: 0, levels: 2 };
/** Relations that lead back to themselves through intersections. */
const RECURSIVE: Flavour = { conditioned: 1, union: 4, intersection: 4, difference: 0, levels: 1 };

const modelJson = (flavour: Flavour): fc.Arbitrary<AuthorizationModel> => {
  const drawn = fc.letrec<{ node: Drawn; leaf: Drawn }>((tie) => {
    const several = fc.array(tie('node'), { minLength: 2, maxLength: 3 });
    return {
      leaf: fc.oneof(
        { weight: 3, arbitrary: fc.constant<Drawn>({ kind: 'this' }) },
        { weight: 2, arbitrary: relationNumber.map((relation): Drawn => ({ kind: 'computed', relation })) },
        { weight: 2, arbitrary: relationNumber.map((relation): Drawn => ({ kind: 'parent', relation })) },
      ),
      node: fc.oneof(
        { maxDepth: 3, depthSize: 'small' },
        { weight: 2, arbitrary: tie('leaf') },
        { weight: flavour.union, arbitrary: several.map((children): Drawn => ({ kind: 'union', children })) },
        {
          weight: flavour.intersection,
          arbitrary: several.map((children): Drawn => ({ kind: 'intersection', children })),
        },
        {
          weight: flavour.difference,
          arbitrary: fc
            .tuple(tie('node'), tie('node'))
            .map(([base, subtract]): Drawn => ({ kind: 'difference', base, subtract })),
        },
      ),
    };
  }).node;
  const condition = fc.nat({ max: 9 }).map((draw) => (draw < flavour.conditioned ? { condition: 'c' } : {}));
  const restriction: fc.Arbitrary<TypeRestriction> = fc.oneof(
    { weight: 4, arbitrary: condition.map((of) => ({ type: 'user', ...of })) },
    { weight: 1, arbitrary: condition.map((of) => ({ type: 'user', wildcard: {}, ...of })) },
    { weight: 1, arbitrary: fc.constant({ type: 'group' }) },
    {
      weight: 5,
      arbitrary: fc
        .tuple(fc.constantFrom(...OWN_TYPES), fc.constantFrom(...RELATIONS), condition)
        .map(([type, relation, of]) => ({ type, relation, ...of })),
    },
  );
  const definition = fc.record({
    rewrite: drawn,
    isOpen: fc.constantFrom(true, true, false),
    restrictions: fc.uniqueArray(restriction, { minLength: 1, maxLength: 4, selector: (it) => JSON.stringify(it) }),
  });
  const parents = fc.uniqueArray(
    fc.tuple(fc.constantFrom(...OWN_TYPES), condition).map(([type, of]): TypeRestriction => ({ type, ...of })),
    { minLength: 1, maxLength: 3, selector: (it) => JSON.stringify(it) },
  );
  const levels = fc
    .tuple(...RELATIONS.map(() => fc.nat({ max: flavour.levels - 1 })))
    .map((drawnLevels) => [...drawnLevels].sort((a, b) => a - b));
  return fc
    .tuple(levels, ...OWN_TYPES.map(() => fc.tuple(parents, ...RELATIONS.map(() => definition))))
    .map(([levelOf, ...types]) => repaired(modelOf(levelOf, types)));
};

interface Definition {
  readonly rewrite: Drawn;
  /** Whether it can be written directly in any case. */
  readonly isOpen: boolean;
  readonly restrictions: readonly TypeRestriction[];
}

/** Relations ask others of their own level or below, and subtract only what is below: any cycle is a sound one. */
function modelOf(
  levelOf: readonly number[],
  types: readonly (readonly [readonly TypeRestriction[], ...Definition[]])[],
): AuthorizationModel {
  return {
    schema_version: '1.1',
    type_definitions: [
      { type: 'user' },
      ...types.map(([parent, ...definitions], index) => {
        const relations: Record<string, Userset> = { parent: { this: {} } };
        const metadata: Record<string, RelationMetadata> = { parent: { directly_related_user_types: parent } };
        for (const [at, { rewrite, restrictions, isOpen }] of definitions.entries()) {
          const name = RELATIONS[at] ?? '';
          const level = levelOf[at] ?? 0;
          const below = (than: number) => (relation: number) => (levelOf[relation] ?? 0) < than;
          const sound = soundened(isOpen ? { kind: 'union', children: [{ kind: 'this' }, rewrite] } : rewrite, {
            computed: (relation) => relation < at && below(level + 1)(relation),
            asked: below(level + 1),
            subtracted: below(level),
          });
          const mayName = below(sound.subtractsThis ? level : level + 1);
          const named = restrictions.filter(
            ({ relation }) =>
              relation === undefined || RELATIONS.some((other, id) => other === relation && mayName(id)),
          );
          relations[name] = usersetOf(sound.rewrite);
          metadata[name] = {
            directly_related_user_types: hasThis(sound.rewrite) ? (named.length > 0 ? named : [{ type: 'user' }]) : [],
          };
        }
        return { type: OWN_TYPES[index] ?? '', relations, metadata: { relations: metadata } };
      }),
    ],
    conditions: {
      c: { name: 'c', expression: 'x', parameters: { x: { type_name: 'TYPE_NAME_BOOL' } } },
    },
  };
}

interface Allowed {
  readonly computed: (relation: number) => boolean;
  readonly asked: (relation: number) => boolean;
  readonly subtracted: (relation: number) => boolean;
}

/** Leaves that would make a cycle that cannot be decided become direct ones. */
function soundened(rewrite: Drawn, allowed: Allowed): { readonly rewrite: Drawn; readonly subtractsThis: boolean } {
  let subtractsThis = false;
  const visit = (part: Drawn, isSubtracted: boolean): Drawn => {
    const direct = (): Drawn => {
      if (isSubtracted) subtractsThis = true;
      return { kind: 'this' };
    };
    switch (part.kind) {
      case 'this':
        return direct();
      case 'computed':
        return (isSubtracted ? allowed.subtracted : allowed.computed)(part.relation) ? part : direct();
      case 'parent':
        return (isSubtracted ? allowed.subtracted : allowed.asked)(part.relation) ? part : direct();
      case 'union':
      case 'intersection':
        return { ...part, children: part.children.map((child) => visit(child, isSubtracted)) };
      case 'difference':
        return { ...part, base: visit(part.base, isSubtracted), subtract: visit(part.subtract, true) };
    }
  };
  const visited = visit(rewrite, false);
  return { rewrite: visited, subtractsThis };
}

const drawnTuple = fc.record({
  object: fc.constantFrom(...OBJECTS),
  relation: fc.constantFrom(...ALL_RELATIONS),
  restriction: fc.nat({ max: 11 }),
  subject: fc.nat({ max: 11 }),
  x: fc.constantFrom(undefined, true, true, false),
  /** One in ten is of another shape than the model allows. */
  isWrong: fc.nat({ max: 9 }).map((draw) => draw === 0),
});

type DrawnTuple = typeof drawnTuple extends fc.Arbitrary<infer T> ? T : never;

/** Undefined where no tuples can be written for the relation. */
function tupleOf(model: CompiledModel, drawn: DrawnTuple): RelationTuple | undefined {
  const { object, relation, restriction, subject: at, x, isWrong } = drawn;
  const restrictions =
    model.types.get(object.slice(0, object.indexOf(':')))?.relations.get(relation)?.restrictions ?? [];
  const shape = restrictions[restriction % Math.max(1, restrictions.length)];
  if (!shape) return undefined;
  const ids = shape.type === 'user' ? USERS : OBJECTS.filter((other) => other.startsWith(`${shape.type}:`));
  const one = ids[at % ids.length] ?? '';
  const subject = shape.wildcard ? `${shape.type}:*` : shape.relation === undefined ? one : `${one}#${shape.relation}`;
  const name = isWrong && shape.condition ? undefined : isWrong ? 'c' : shape.condition;
  return {
    object,
    relation,
    subject,
    ...(name && { condition: { name, ...(x !== undefined && { context: { x } }) } }),
  };
}

export function world(tupleCount = 60): fc.Arbitrary<World> {
  return fc
    .record({
      dsl: fc.oneof(modelJson(ANYTHING), modelJson(NESTED), modelJson(RECURSIVE)),
      drawnTuples: fc.array(drawnTuple, { minLength: 20, maxLength: tupleCount, size: 'max' }),
      context: fc.constantFrom(undefined, { x: true }, { x: false }),
    })
    .map(({ dsl, drawnTuples, context }) => {
      const model = compileModel(dsl);
      const tuples = new Map<string, RelationTuple>();
      for (const drawn of drawnTuples) {
        const tuple = tupleOf(model, drawn);
        if (tuple) tuples.set(keyText(tuple), tuple);
      }
      const made = { dsl, model, tuples: [...tuples.values()], context };
      return { ...made, [fc.toStringMethod]: () => toText(made) };
    });
}

/** What a failed property prints. */
function toText({ dsl, tuples, context }: World): string {
  const lines = tuples.map((tuple) => `${keyText(tuple)} ${JSON.stringify(tuple.condition ?? '')}`);
  return [JSON.stringify(dsl), ...lines, JSON.stringify(context)].join('\n');
}

export function keyText({ object, relation, subject }: RelationTuple): string {
  return `${object}#${relation}@${subject}`;
}

/** Relations that the language refuses are made plain ones, until it refuses nothing. */
function repaired(model: AuthorizationModel): AuthorizationModel {
  const valid = validateModel(model);
  if (valid.ok) return valid.value;
  const wrong = new Set(valid.error.map(({ type, relation }) => `${type}#${relation}`));
  const plain: RelationMetadata = { directly_related_user_types: [{ type: 'user' }] };
  return repaired({
    ...model,
    ...(wrong.has('undefined#undefined') && { conditions: {} }),
    type_definitions: model.type_definitions.map((definition) => {
      const relations = { ...definition.relations };
      const metadata = { ...definition.metadata?.relations };
      for (const name of Object.keys(relations)) {
        if (!wrong.has(`${definition.type}#${name}`)) continue;
        relations[name] = { this: {} };
        metadata[name] = plain;
      }
      return { ...definition, relations, metadata: { relations: metadata } };
    }),
  });
}

function usersetOf(rewrite: Drawn): Userset {
  const nameOf = (relation: number) => ({ relation: RELATIONS[relation] ?? '' });
  switch (rewrite.kind) {
    case 'this':
      return { this: {} };
    case 'computed':
      return { computedUserset: nameOf(rewrite.relation) };
    case 'parent':
      return { tupleToUserset: { tupleset: { relation: 'parent' }, computedUserset: nameOf(rewrite.relation) } };
    case 'union':
    case 'intersection':
      return { [rewrite.kind]: { child: rewrite.children.map(usersetOf) } };
    case 'difference':
      return { difference: { base: usersetOf(rewrite.base), subtract: usersetOf(rewrite.subtract) } };
  }
}

function hasThis(rewrite: Drawn): boolean {
  switch (rewrite.kind) {
    case 'this':
      return true;
    case 'computed':
    case 'parent':
      return false;
    case 'union':
    case 'intersection':
      return rewrite.children.some(hasThis);
    case 'difference':
      return hasThis(rewrite.base) || hasThis(rewrite.subtract);
  }
}
