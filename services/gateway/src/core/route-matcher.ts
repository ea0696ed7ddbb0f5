/** A row of the table, and what the path says beside it. */
export interface RouteMatch<Row> {
  readonly row: Row;
  /** The slug in the path, where the row names an org. */
  readonly orgSlug?: string;
}

export type MatchRoute<Row> = (segments: readonly string[]) => RouteMatch<Row> | undefined;

interface Node<Row> {
  readonly literals: Map<string, Node<Row>>;
  parameter?: { readonly name: string; readonly node: Node<Row> };
  row?: Row;
}

const ORG_PREFIXES = ['/orgs/:org', '/t/:org'] as const;

/**
 * Compiles the table into a tree, once. A match is the deepest row whose segments all match; a literal segment goes
 * before a parameter. Paths that differ only in the names of parameters are a mistake in the table and throw.
 */
export function compileRoutes<Row extends { readonly path: string }>(table: readonly Row[]): MatchRoute<Row> {
  const root = newNode<Row>();
  for (const row of table) for (const path of spellings(row.path)) insert(root, path, row);

  return (segments) => {
    let node = root;
    let found: Row | undefined = root.row;
    let orgSlug: string | undefined;
    for (const segment of segments) {
      const literal = node.literals.get(segment);
      if (literal) node = literal;
      else if (node.parameter) {
        if (node.parameter.name === 'org') orgSlug = segment;
        node = node.parameter.node;
      } else break;
      if (node.row) found = node.row;
    }
    if (!found) return undefined;
    return orgSlug === undefined ? { row: found } : { row: found, orgSlug };
  };
}

/** Every path under which a row is reachable: `P` and `O` stand for the org's prefix and its alias. */
export function spellings(path: string): readonly string[] {
  const kind = path.startsWith('P/') ? '/api/v1' : path.startsWith('O/') ? '' : undefined;
  if (kind === undefined) return [path];
  return ORG_PREFIXES.map((prefix) => `${prefix}${kind}${path.slice(1)}`);
}

function newNode<Row>(): Node<Row> {
  return { literals: new Map() };
}

function insert<Row>(root: Node<Row>, path: string, row: Row): void {
  let node = root;
  for (const segment of path.split('/').filter(Boolean)) node = child(node, segment, path);
  if (node.row) throw new Error(`the route table names ${path} twice`);
  node.row = row;
}

function child<Row>(node: Node<Row>, segment: string, path: string): Node<Row> {
  if (!segment.startsWith(':')) {
    const next = node.literals.get(segment) ?? newNode<Row>();
    node.literals.set(segment, next);
    return next;
  }
  const name = segment.slice(1);
  node.parameter ??= { name, node: newNode<Row>() };
  if (node.parameter.name !== name) throw new Error(`the route table gives ${path} two parameter names`);
  return node.parameter.node;
}
