import type { ModelProblem } from '../model-problem.js';

interface Definition {
  /** From 0. */
  readonly line: number;
  readonly nameColumn: number;
  /** Where what follows the name and its colon begins. */
  readonly bodyColumn: number;
  endLine: number;
}

interface TypeBlock {
  readonly line: number;
  readonly nameColumn: number;
  readonly relations: Map<string, Definition>;
}

/** Where things are defined in the text of a model, to name the place of a problem. */
export class DslPlaces {
  private readonly types = new Map<string, TypeBlock[]>();
  private readonly conditions = new Map<string, { readonly line: number; readonly nameColumn: number }>();
  private schema: { readonly line: number; readonly column: number } | undefined;

  /** @param lines without comments and without the expressions of conditions */
  constructor(private readonly lines: readonly string[]) {
    let block: TypeBlock | undefined;
    let open: Definition | undefined;
    lines.forEach((text, line) => {
      const [, lead = '', keyword = '', gap = '', name = ''] =
        /^(\s*(?:extend\s+)?)(type|define|condition|schema|relations|module|model)\b(\s*)([^\s:(]*)/.exec(text) ?? [];
      if (keyword !== '') open = undefined;
      const nameColumn = lead.length + keyword.length + gap.length;
      if (keyword === 'type') {
        block = { line, nameColumn, relations: new Map() };
        this.types.set(name, [...(this.types.get(name) ?? []), block]);
      } else if (keyword === 'condition') {
        block = undefined;
        if (!this.conditions.has(name)) this.conditions.set(name, { line, nameColumn });
      } else if (keyword === 'schema') {
        this.schema ??= { line, column: nameColumn };
      } else if (keyword === 'define') {
        const colon = text.indexOf(':', nameColumn);
        open = { line, nameColumn, bodyColumn: colon === -1 ? text.length : colon + 1, endLine: line };
        if (block !== undefined && !block.relations.has(name)) block.relations.set(name, open);
      }
      if (open !== undefined) open.endLine = line;
    });
  }

  /** The problem with its line and column, if what it names is in the text. */
  locate(problem: ModelProblem): ModelProblem {
    const place = this.find(problem);
    return place === undefined ? problem : { ...problem, line: place.line + 1, column: place.column + 1 };
  }

  hasType(type: string): boolean {
    return this.types.has(type);
  }

  hasRelation(type: string, relation: string): boolean {
    return this.types.get(type)?.some(({ relations }) => relations.has(relation)) ?? false;
  }

  hasCondition(condition: string): boolean {
    return this.conditions.has(condition);
  }

  private find(problem: ModelProblem): { readonly line: number; readonly column: number } | undefined {
    const { code, type, relation, condition, symbol } = problem;
    if (code === 'invalid-schema') return this.schema ?? { line: 0, column: 0 };
    if (code === 'schema-version-required') return { line: 0, column: 0 };
    if (condition !== undefined && relation === undefined) {
      const found = this.conditions.get(condition);
      return found && { line: found.line, column: found.nameColumn };
    }
    const blocks = (type === undefined ? undefined : this.types.get(type)) ?? [];
    if (relation === undefined) {
      const [block] = blocks;
      return block && { line: block.line, column: block.nameColumn };
    }
    const definition = blocks.find(({ relations }) => relations.has(relation))?.relations.get(relation);
    if (definition === undefined) return undefined;
    const named = { line: definition.line, column: definition.nameColumn };
    if (symbol === undefined || OF_THE_NAME.has(code)) return named;
    return this.symbolIn(definition, symbol, BEHIND[code]) ?? named;
  }

  private symbolIn(
    definition: Definition,
    symbol: string,
    behind: string | undefined,
  ): { readonly line: number; readonly column: number } | undefined {
    const pattern = wordPattern(symbol);
    let waiting = behind !== undefined;
    for (let line = definition.line; line <= definition.endLine; line++) {
      const text = this.lines[line] ?? '';
      let from = line === definition.line ? definition.bodyColumn : 0;
      if (waiting && behind !== undefined) {
        const at = text.indexOf(behind, from);
        if (at === -1) continue;
        from = at + behind.length;
        waiting = false;
      }
      pattern.lastIndex = from;
      const match = pattern.exec(text);
      if (match !== null) return { line, column: match.index };
    }
    return undefined;
  }
}

/** Problems of the relation as a whole, whatever the symbol. */
const OF_THE_NAME: ReadonlySet<ModelProblem['code']> = new Set([
  'relation-no-entry-point',
  'reserved-relation-keywords',
  'invalid-name',
  'assignable-relation-must-have-type',
  'restrictions-without-direct',
] as const);

const BEHIND: Readonly<Partial<Record<ModelProblem['code'], string>>> = {
  'tupleuserset-not-direct': ' from ',
  undecidable: ' but not ',
};

/** The symbol as a word of its own; spaces in it are any spaces. */
function wordPattern(symbol: string): RegExp {
  const escaped = symbol
    .split(/\s+/)
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
    .join('\\s+');
  return new RegExp(`(?<![\\w./-])${escaped}(?![\\w./-])`, 'g');
}
