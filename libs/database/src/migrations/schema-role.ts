import pg from 'pg';

/** The login role of a schema. */
export function roleOf(schema: string): string {
  return `lumo_${schema}`;
}

/** The URL with which a service opens its schema: host, port, database and TLS settings of the admin URL. */
export function schemaUrl(adminUrl: string, schema: string, password: string): string {
  const url = new URL(adminUrl);
  url.username = roleOf(schema);
  url.password = encodeURIComponent(password);
  return url.toString();
}

/**
 * Makes the schema and its role what they must be: LOGIN with this password, nothing of the server's powers, usage of its
 * own schema only. `selfManaged`: the role owns the schema and may create tables there.
 */
export async function ensureSchemaRole(
  admin: pg.ClientBase,
  adminUrl: string,
  schema: string,
  password: string,
  selfManaged: boolean,
): Promise<void> {
  const role = roleOf(schema);
  await ensureRole(admin, adminUrl, schema, password);
  const { rows } = await admin.query<{ ready: boolean }>(
    `select has_schema_privilege($1, n.oid, 'usage') and not has_schema_privilege($1, 'public', 'create')
        and has_schema_privilege($1, n.oid, 'create') = $3 as ready
       from pg_namespace n where n.nspname = $2`,
    [role, schema, selfManaged],
  );
  if (rows[0]?.ready) return;
  await admin.query(`
    create schema if not exists ${schema};
    revoke all on schema ${schema} from public;
    grant usage${selfManaged ? ', create' : ''} on schema ${schema} to ${role};
    revoke create on schema public from public`);
}

async function ensureRole(admin: pg.ClientBase, adminUrl: string, schema: string, password: string): Promise<void> {
  const role = roleOf(schema);
  const { rows } = await admin.query<{ settled: boolean }>(
    `select rolcanlogin and not (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
        and coalesce(rolconfig @> array['search_path=' || $2], false) as settled
       from pg_roles where rolname = $1`,
    [role, schema],
  );
  if (rows[0]?.settled && (await canSignIn(schemaUrl(adminUrl, schema, password)))) return;
  if (!rows[0]) await admin.query(`create role ${role}`);
  await admin.query(`
    alter role ${role} login password ${pg.escapeLiteral(password)};
    alter role ${role} set search_path = ${schema}`);
  const unsafe = await admin.query(
    'select 1 from pg_roles where rolname = $1 and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)',
    [role],
  );
  if (unsafe.rowCount) {
    await admin.query(`alter role ${role} nosuperuser nobypassrls nocreaterole nocreatedb noreplication`);
  }
}

/** False where the password (28P01) or the login (28000) is refused; every other failure is the caller's. */
async function canSignIn(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch (error) {
    const code = (error as { readonly code?: unknown }).code;
    if (code === '28P01' || code === '28000' || code === '42501') return false;
    throw error;
  }
}
