import { type AttributeRoot, looksLikeReference, readPath, readReference } from './attribute-path.js';
import { type AttributeValue, isList } from './attribute-value.js';
import { type Condition, isGroup } from './condition.js';

/** The attributes that conditions read, by root; references in values too. */
export function readAttributes(conditions: readonly Condition[]): Readonly<Record<AttributeRoot, ReadonlySet<string>>> {
  const read = {
    user: new Set<string>(),
    resource: new Set<string>(),
    environment: new Set<string>(),
    action: new Set<string>(),
  };
  const add = (path: ReturnType<typeof readPath>) => {
    if (path.ok) read[path.value.root].add(path.value.names[0]);
  };
  const visitValue = (value: AttributeValue | undefined): void => {
    if (isList(value)) for (const item of value) visitValue(item);
    else if (typeof value === 'string' && looksLikeReference(value)) add(readReference(value));
  };
  const visit = (condition: Condition): void => {
    if (isGroup(condition)) {
      for (const part of condition.conditions) visit(part);
      return;
    }
    add(readPath(condition.subject));
    visitValue(condition.value);
  };
  for (const condition of conditions) visit(condition);
  return read;
}
