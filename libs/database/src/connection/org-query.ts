// Seam for pg's wire-level query: the one place that knows how `pg` writes and reads extended-protocol messages.
import pg from 'pg';

/** Every connection prepares this once, so that carrying another org costs a bind and an execute and no round trip. */
export const SET_ORG = { name: 'lumo_org', text: "select set_config('app.org_id', $1, false)" } as const;

interface WireConnection {
  bind(config: { readonly statement: string; readonly values: readonly string[] }): void;
  execute(config: { readonly portal: string }): void;
}

/** What `pg.Query` has at run time and its published types leave out. */
interface WireQuery {
  prepare(connection: WireConnection): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: WireConnection): void;
}

const base = pg.Query.prototype as unknown as WireQuery;

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  /** Name of the server-side prepared statement; unnamed statements are parsed on every run. */
  readonly name?: string;
}

/** The connection does not carry the org that it was asked to carry; the statement behind it did not run. */
export class OrgNotSetError extends Error {
  override readonly name = 'OrgNotSetError';

  constructor(override readonly cause: unknown) {
    super('app.org_id could not be set');
  }
}

/**
 * A statement with `set_config('app.org_id', …)` in front of it, in ONE unit of the extended protocol (one Sync): where the
 * first fails, PostgreSQL skips the second. That is what makes it fail closed without waiting for an answer in between.
 */
class OrgQuery extends pg.Query {
  #orgPending = true;
  readonly #org: string;

  constructor(
    statement: Statement,
    org: string,
    callback: (error: Error | undefined, result: pg.ResultBuilder) => void,
  ) {
    super(extended(statement), callback);
    this.#org = org;
  }

  prepare(connection: WireConnection): void {
    connection.bind({ statement: SET_ORG.name, values: [this.#org] });
    connection.execute({ portal: '' });
    base.prepare.call(this, connection);
  }

  get orgIsSet(): boolean {
    return !this.#orgPending;
  }

  handleDataRow(message: unknown): void {
    if (!this.#orgPending) base.handleDataRow.call(this, message);
  }

  handleCommandComplete(message: unknown, connection: WireConnection): void {
    if (this.#orgPending) this.#orgPending = false;
    else base.handleCommandComplete.call(this, message, connection);
  }
}

/** `queryMode` sends even a statement without values by the extended protocol; the published types do not know it. */
function extended({ text, values, name }: Statement): pg.QueryConfig {
  return { text, values: [...values], ...(name && { name }), queryMode: 'extended' } as pg.QueryConfig;
}

export function runStatement(client: pg.ClientBase, statement: Statement): Promise<pg.QueryResult> {
  return client.query(extended(statement));
}

/** @throws OrgNotSetError where the statement did not run because the org could not be set */
export function runStatementAs(client: pg.ClientBase, org: string, statement: Statement): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    const query: OrgQuery = new OrgQuery(statement, org, (error, result) => {
      if (!error) resolve(result);
      else reject(query.orgIsSet ? error : new OrgNotSetError(error));
    });
    client.query(query);
  });
}

export function setOrg(client: pg.ClientBase, org: string): Promise<unknown> {
  return client.query({ ...SET_ORG, values: [org] });
}
