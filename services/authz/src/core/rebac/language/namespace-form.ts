import { SUBJECT_TYPES } from '../../subject.js';
import type { AuthorizationModel } from '../authorization-model.js';

/**
 * One type of a model in the form of LumoAuth (contract 3.5), for those who think in namespaces:
 *
 *     { "relations":   { "parent": ["folder"], "owner": ["user"], "editor": ["user", "group#member", "parent.editor", "owner"] },
 *       "permissions": { "can_view": { "union": ["editor", "parent.can_view"] }, "can_share": { "intersection": ["owner", "editor"] } } }
 *
 * Under `relations` stand those that tuples can be written for: their lists name types (`user`, `group#member`, `user:*`)
 * and perhaps relations. Under `permissions` stand those that are computed from others alone. `parent.can_view` is
 * `can_view from parent`. A list is a union. Where a text could mean two things it is a type under `relations` and a
 * relation under `permissions`; an object says which relation is meant: `{"relation": "x"}`, `{"from": "parent", "relation": "x"}`.
 *
 * Exclusion and conditions have no words in this form. Relations that use them are listed under `not_expressible`, keep
 * what they are when the namespace is written back with that list, and are never dropped without it.
 */
export interface Namespace {
  readonly name: string;
  readonly relations: Readonly<Record<string, NamespaceExpression>>;
  readonly permissions: Readonly<Record<string, NamespaceExpression>>;
  readonly not_expressible?: readonly NotExpressible[];
}

export type NamespaceExpression =
  | string
  | { readonly relation: string; readonly from?: string }
  | { readonly union: readonly NamespaceExpression[] }
  | { readonly intersection: readonly NamespaceExpression[] }
  | readonly NamespaceExpression[];

export interface NotExpressible {
  readonly relation: string;
  readonly reason: 'exclusion' | 'condition';
}

/** What names can stand for inside of one namespace; the same rules read and write it. */
export class NamespaceWords {
  private readonly types: ReadonlySet<string>;

  /** @param own relations and permissions of the namespace */
  constructor(
    model: AuthorizationModel | undefined,
    name: string,
    private readonly own: ReadonlySet<string>,
  ) {
    this.types = new Set([...(model?.type_definitions ?? []).map(({ type }) => type), name, ...SUBJECT_TYPES]);
  }

  isType(text: string): boolean {
    return this.types.has(text);
  }

  isOwn(text: string): boolean {
    return this.own.has(text);
  }

  /** The ways to read a text as `tupleset.relation`: names may hold dots themselves. */
  arrows(text: string): readonly { readonly tupleset: string; readonly relation: string }[] {
    const found: { readonly tupleset: string; readonly relation: string }[] = [];
    for (let dot = text.indexOf('.'); dot !== -1; dot = text.indexOf('.', dot + 1)) {
      const tupleset = text.slice(0, dot);
      if (this.own.has(tupleset) && dot + 1 < text.length) found.push({ tupleset, relation: text.slice(dot + 1) });
    }
    return found;
  }
}
