import fc from 'fast-check';

/**
 * Models as JSON that make sense more often than not: relations refer to earlier ones, parents are direct, restrictions
 * name what exists. One in ten is valid; the others are refused for one of all the reasons that there are.
 */
const TYPES = ['user', 'group', 'folder', 'doc'] as const;
const RELATIONS = ['a', 'b', 'c', 'd', 'e'] as const;

const restriction = fc.record(
  {
    type: fc.constantFrom(...TYPES),
    relation: fc.constantFrom('a', 'b', 'parent'),
    wildcard: fc.constant({}),
    condition: fc.constantFrom('at_work', 'near'),
  },
  { requiredKeys: ['type'] },
);

const plain = fc.constantFrom(...TYPES).map((type) => ({ type }));

const restrictions = fc.oneof(
  { weight: 3, arbitrary: fc.array(plain, { minLength: 1, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.array(restriction, { minLength: 1, maxLength: 3 }) },
  {
    weight: 2,
    arbitrary: plain.map(({ type }) => [
      { type },
      type === 'user' ? { type, wildcard: {} } : { type, relation: 'a' },
      { type, condition: 'near' },
    ]),
  },
);

function userset(earlier: readonly string[]): fc.Arbitrary<object> {
  const parent: fc.Arbitrary<object> = fc
    .constantFrom('a', 'b')
    .map((relation) => ({ tupleToUserset: { tupleset: { relation: 'parent' }, computedUserset: { relation } } }));
  const computed = earlier.map((relation): object => ({ computedUserset: { relation } }));
  const leaf: fc.Arbitrary<object> =
    computed.length === 0
      ? fc.oneof(fc.constant({ this: {} }), parent)
      : fc.oneof(fc.constantFrom(...computed), parent);
  return fc.oneof(
    { maxDepth: 2 },
    leaf,
    fc.constant({ this: {} }),
    fc.array(leaf, { minLength: 2, maxLength: 3 }).map((child) => ({ union: { child } })),
    fc.array(leaf, { minLength: 1, maxLength: 2 }).map((rest) => ({ union: { child: [{ this: {} }, ...rest] } })),
    fc.tuple(leaf, leaf, leaf).map(([a, b, c]) => ({ intersection: { child: [a, { union: { child: [b, c] } }] } })),
    fc.tuple(leaf, leaf).map(([base, subtract]) => ({ difference: { base, subtract } })),
    fc
      .tuple(leaf, leaf, leaf)
      .map(([a, base, subtract]) => ({ union: { child: [{ difference: { base, subtract } }, a] } })),
  );
}

const type = (name: string) =>
  fc
    .tuple(
      fc.integer({ min: 0, max: RELATIONS.length }),
      fc.tuple(...RELATIONS.map((_, i) => userset(RELATIONS.slice(0, i)))),
      fc.array(restrictions, { minLength: RELATIONS.length, maxLength: RELATIONS.length }),
    )
    .map(([count, definitions, lists]) => {
      const named = RELATIONS.slice(0, count).map((relation, i) => [relation, definitions[i] ?? {}, lists[i]] as const);
      const direct = (definition: object) => JSON.stringify(definition).includes('"this"');
      return {
        type: name,
        relations: { parent: { this: {} }, ...Object.fromEntries(named) },
        metadata: {
          relations: {
            parent: { directly_related_user_types: [{ type: name }] },
            ...Object.fromEntries(
              named.map(([relation, definition, list]) => [
                relation,
                { directly_related_user_types: direct(definition) ? list : [] },
              ]),
            ),
          },
        },
      };
    });

const CONDITIONS = {
  at_work: {
    name: 'at_work',
    expression: 'hour >= 9 &&\n  hour < 17',
    parameters: { hour: { type_name: 'TYPE_NAME_INT' } },
  },
  near: {
    name: 'near',
    expression: 'ip.in_cidr("10.0.0.0/8") || tags.exists(t, t == "#}{")',
    parameters: {
      ip: { type_name: 'TYPE_NAME_IPADDRESS' },
      tags: { type_name: 'TYPE_NAME_LIST', generic_types: [{ type_name: 'TYPE_NAME_STRING' }] },
    },
  },
};

export const randomModel: fc.Arbitrary<object> = fc
  .tuple(type('group'), type('folder'), type('doc'))
  .map((types) => ({ schema_version: '1.1', type_definitions: [{ type: 'user' }, ...types], conditions: CONDITIONS }));
