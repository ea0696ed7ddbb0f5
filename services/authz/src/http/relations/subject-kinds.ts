/** `user`, or `group#member` for usersets. */
export function readKind(kind: string): { readonly type: string; readonly relation?: string } {
  const hash = kind.indexOf('#');
  return hash < 0 ? { type: kind } : { type: kind.slice(0, hash), relation: kind.slice(hash + 1) };
}

export interface Who {
  readonly type: string;
  readonly everybody: boolean;
  readonly subjects: readonly string[];
  readonly except: readonly string[];
}

/** Subjects sorted by their type; `type:*` becomes a word of its own. */
export function groupByType(subjects: readonly string[], excluded: readonly string[]): readonly Who[] {
  const types = new Map<string, { everybody: boolean; subjects: string[]; except: string[] }>();
  const of = (subject: string) => {
    const type = subject.slice(0, subject.indexOf(':'));
    const known = types.get(type) ?? { everybody: false, subjects: [], except: [] };
    types.set(type, known);
    return known;
  };
  for (const subject of subjects) {
    if (subject.endsWith(':*')) of(subject).everybody = true;
    else of(subject).subjects.push(subject);
  }
  for (const subject of excluded) of(subject).except.push(subject);
  return Array.from(types, ([type, who]) => ({ type, ...who }));
}
