import pg from 'pg';
import { columnTypes } from './column-types.js';
import { databaseUnavailable } from './database-error.js';
import { OrgConnection } from './org-connection.js';
import { setOrg } from './org-query.js';
import { StatementNames } from './statement-names.js';

export interface OrgPoolOptions {
  /** `postgres://lumo_<schema>:<password>@host:port/database` */
  readonly url: string;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  readonly maxConnections?: number;
  /** How long a caller waits for a free or a new connection. */
  readonly connectTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
  readonly idleInTransactionTimeoutMs?: number;
  /** An idle connection broke (the server restarted). The pool has already dropped it. */
  readonly onIdleError?: (error: Error) => void;
}

/**
 * pg's pool behind connections that carry the org of the context. It is what Kysely asks for connections.
 * A pooler between here and PostgreSQL must keep sessions whole: transaction pooling would mix organizations.
 */
export class OrgPool {
  readonly #pool: pg.Pool;
  readonly #names = new StatementNames();
  readonly #connections = new WeakMap<pg.PoolClient, OrgConnection>();

  constructor(options: OrgPoolOptions) {
    this.#pool = new pg.Pool({
      connectionString: options.url,
      application_name: options.applicationName,
      max: options.maxConnections ?? 10,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
      statement_timeout: options.statementTimeoutMs ?? 15_000,
      idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 15_000,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      pipeline: true,
      types: columnTypes,
      // The promise is awaited by the pool: a connection that cannot be set to "no org" is never handed out.
      onConnect: (client) => setOrg(client, '') as unknown as undefined,
    });
    this.#pool.on('error', (error) => options.onIdleError?.(error));
    // A session that dies while it is checked out fails its query; the event that comes with it must not end the process.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  get options(): object {
    return this.#pool.options;
  }

  async connect(): Promise<OrgConnection> {
    let client: pg.PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw databaseUnavailable(error);
    }
    let connection = this.#connections.get(client);
    if (!connection) {
      connection = new OrgConnection(client, this.#names);
      this.#connections.set(client, connection);
    }
    return connection;
  }

  end(): Promise<void> {
    return this.#pool.end();
  }
}
