import { currentContext } from '@lumo/tenancy';
import type { PoolClient, QueryResult } from 'pg';
import { databaseUnavailable } from './database-error.js';
import { OrgNotSetError, runStatement, runStatementAs, type Statement, setOrg } from './org-query.js';
import type { StatementNames } from './statement-names.js';

const STARTS_TRANSACTION = /^\s*(begin|start\s+transaction)\b/i;

/**
 * One pooled connection and the org it carries. Before every statement it compares that org with the context of the
 * caller: outside a transaction it switches, inside one it refuses, because the transaction began for another org.
 */
export class OrgConnection {
  /** What `app.org_id` is on the server; undefined where a failure left it unknown: then the next statement sets it. */
  #carried: string | undefined = '';
  #broken = false;

  constructor(
    readonly client: PoolClient,
    readonly names: StatementNames,
  ) {}

  /** Kysely cancels by it. Not in pg's published types. */
  get processID(): number | undefined {
    return (this.client as { readonly processID?: number }).processID;
  }

  async query(text: string, values: readonly unknown[]): Promise<QueryResult> {
    const wanted = currentContext()?.org?.id ?? '';
    const idle = this.client.getTransactionStatus() === 'I';
    if (!idle && this.#carried !== wanted) {
      throw new Error(
        'A transaction of one organization was used in the context of another. The statement did not run.',
      );
    }
    const name = this.names.nameOf(text);
    try {
      return await this.#run(wanted, { text, values, name });
    } catch (error) {
      if (error instanceof OrgNotSetError) this.#broken = true;
      if (!idle || !name || !isStalePlan(error)) throw publicError(error);
      // A migration changed a table under a prepared statement. Nothing has run yet: once more without the name, and
      // the connection is not used again.
      this.#broken = true;
      return await this.#run(wanted, { text, values });
    }
  }

  async #run(wanted: string, statement: Statement): Promise<QueryResult> {
    if (this.#carried === wanted) return runStatement(this.client, statement);
    this.#carried = undefined;
    const result = STARTS_TRANSACTION.test(statement.text)
      ? await this.#begin(wanted, statement)
      : await runStatementAs(this.client, wanted, statement);
    // A statement that opened a transaction without looking like it took the setting into it, and a rollback would undo
    // both: nothing more runs on this connection until it is closed.
    const opened = this.client.getTransactionStatus() !== 'I' && !STARTS_TRANSACTION.test(statement.text);
    this.#carried = opened ? undefined : wanted;
    return result;
  }

  /** Two units, pipelined: the setting must outlive the transaction, and BEGIN alone touches no data. */
  async #begin(wanted: string, statement: Statement): Promise<QueryResult> {
    const [set, begun] = await Promise.allSettled([setOrg(this.client, wanted), runStatement(this.client, statement)]);
    if (set.status === 'rejected') throw new OrgNotSetError(set.reason);
    if (begun.status === 'rejected') throw begun.reason;
    return begun.value;
  }

  /** Back to the pool; a connection inside a transaction is closed instead. */
  release(destroy = false): void {
    this.client.release(destroy || this.#broken || this.client.getTransactionStatus() !== 'I');
  }
}

function publicError(error: unknown): unknown {
  return databaseUnavailable(error instanceof OrgNotSetError ? error.cause : error);
}

function isStalePlan(error: unknown): boolean {
  return error instanceof Error && /cached plan must not change result type/.test(error.message);
}
