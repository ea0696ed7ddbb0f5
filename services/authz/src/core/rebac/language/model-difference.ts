import type { AuthorizationModel, Userset } from '../authorization-model.js';
import { canonicalJson } from '../json-value.js';
import { ownMember } from '../model-index.js';
import { type ModelProblem, shorten } from '../model-problem.js';
import { readModel } from '../read-model.js';

type Difference = Pick<ModelProblem, 'type' | 'relation' | 'condition' | 'detail'>;

/**
 * Where a model read back from another form differs in what it says, if anywhere. Not looked at: modules and files, the
 * order of types and relations, and which operand of a union or intersection stands first.
 */
export function differenceOf(model: AuthorizationModel, json: unknown): Difference | undefined {
  const read = readModel(json);
  if (!read.ok) return { detail: `read back, the text is no model: ${read.error[0]?.detail ?? ''}` };
  const [ours, theirs] = [meaning(model), meaning(read.value)];
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    if (ours.get(key)?.text === theirs.get(key)?.text) continue;
    const { type, relation, condition } = ours.get(key) ?? theirs.get(key) ?? {};
    const name = shorten(relation ?? condition ?? type ?? '');
    return {
      ...(type !== undefined && { type }),
      ...(relation !== undefined && { relation }),
      ...(condition !== undefined && { condition }),
      detail: `'${name}' reads differently when it is read back: read this model as JSON`,
    };
  }
  return undefined;
}

interface Meaning extends Omit<Difference, 'detail'> {
  readonly text: string;
}

function meaning({ schema_version, type_definitions, conditions }: AuthorizationModel): ReadonlyMap<string, Meaning> {
  const parts = new Map<string, Meaning>([['schema', { text: schema_version }]]);
  for (const { type, relations, metadata } of type_definitions) {
    parts.set(`type ${type}`, { type, text: 'type' });
    for (const [relation, definition] of Object.entries(relations ?? {})) {
      const restrictions = ownMember(metadata?.relations, relation)?.directly_related_user_types ?? [];
      const text = canonicalJson([directFirst(definition), restrictions]);
      parts.set(`relation ${type}#${relation}`, { type, relation, text });
    }
  }
  for (const [condition, { name, expression, parameters }] of Object.entries(conditions ?? {})) {
    const text = canonicalJson([name, expression.replaceAll(/[ \t]+\n/g, '\n').trim(), parameters ?? {}]);
    parts.set(`condition ${condition}`, { condition, text });
  }
  return parts;
}

function directFirst(userset: Userset): Userset {
  const { union, intersection, difference } = userset;
  if (difference) {
    return { difference: { base: directFirst(difference.base), subtract: directFirst(difference.subtract) } };
  }
  const child = (union ?? intersection)?.child.map(directFirst);
  if (child === undefined) return userset;
  const at = child.findIndex((operand) => operand.this !== undefined);
  const ordered = at > 0 ? child.slice(at, at + 1).concat(child.slice(0, at), child.slice(at + 1)) : child;
  return union ? { union: { child: ordered } } : { intersection: { child: ordered } };
}
