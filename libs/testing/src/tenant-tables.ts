import { APPEND_ONLY_TABLES, INSTANCE_TABLES, RELAY_TABLES, SELF_MANAGED_SCHEMAS } from '@lumo/database';
import pg from 'pg';

export interface TenantTablesReport {
  /** `schema.table` of every table that was looked at: a check of an empty database proves nothing. */
  readonly tables: readonly string[];
  /** What lets one organization see or touch another's data, each as one sentence that names the object. */
  readonly violations: readonly string[];
}

/** As PostgreSQL prints the two expressions back. Written out here on purpose: the check does not trust the runner. */
const ORG = "(org_id = (NULLIF(current_setting('app.org_id'::text, true), ''::text))::uuid)";
const RELAY = "(current_setting('app.relay'::text, true) = 'on'::text)";
const RELAY_POLICIES: Readonly<Record<string, string>> = { relay_read: 'r', relay_claim: 'w', relay_delete: 'd' };

/**
 * Walks the catalogue of a migrated database: every table has `org_id`, FORCE ROW LEVEL SECURITY and the one policy, or is on
 * the explained list; keys and references stay inside an org; no view, function or role goes around it.
 * `adminUrl`: a user that may read the whole catalogue.
 */
export async function checkTenantTables(adminUrl: string): Promise<TenantTablesReport> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const tables = (await client.query<TableRow>(TABLES, [hiddenSchemas()])).rows;
    const violations = [
      ...tables.flatMap(checkTable),
      ...checkLists(tables),
      ...(await findings(
        client,
        UNIQUE_WITHOUT_ORG,
        ({ name }) =>
          `Unique index ${name} spans organizations: one could learn of another's values. Begin it with org_id.`,
      )),
      ...(await findings(
        client,
        REFERENCES_WITHOUT_ORG,
        ({ name }) => `Foreign key ${name} does not carry org_id: a row could refer to another organization's.`,
      )),
      ...(await findings(client, BYPASSING_VIEWS, ({ name }) => `View ${name} reads with its owner's rights.`)),
      ...(await findings(client, DEFINER_FUNCTIONS, ({ name }) => `Function ${name} runs with its owner's rights.`)),
      ...(await findings(client, POWERFUL_ROLES, ({ name }) => `Role ${name} has powers beyond its tables.`)),
      ...(await findings(client, FOREIGN_RIGHTS, ({ name }) => `Role and table of different schemas: ${name}.`)),
    ];
    return { tables: tables.map((table) => table.name), violations };
  } finally {
    await client.end();
  }
}

interface PolicyRow {
  readonly name: string;
  readonly command: string;
  readonly permissive: boolean;
  readonly everyone: boolean;
  readonly using: string | null;
  readonly check: string | null;
}

interface TableRow {
  readonly name: string;
  readonly table: string;
  readonly org_id: 'none' | 'good' | 'bad';
  readonly enabled: boolean;
  readonly forced: boolean;
  readonly policies: readonly PolicyRow[];
  readonly rights: readonly string[];
}

function checkTable(row: TableRow): readonly string[] {
  const listed = INSTANCE_TABLES[row.name];
  if (row.org_id !== 'good') {
    if (listed && row.org_id === 'none') return checkRights(row);
    return [`Table ${row.name} has no "org_id uuid not null" and no reason on the list of instance tables.`];
  }
  const problems = [...checkRights(row)];
  if (listed) problems.push(`Table ${row.name} is on the list of instance tables and has org_id.`);
  if (!row.enabled) problems.push(`Table ${row.name} has row-level security disabled.`);
  if (!row.forced) problems.push(`Table ${row.name} lacks FORCE ROW LEVEL SECURITY.`);
  if (!row.policies.some((policy) => policy.name === 'org')) problems.push(`Table ${row.name} lacks the org policy.`);
  for (const policy of row.policies) {
    if (!isExpected(row, policy)) problems.push(`Policy ${policy.name} of ${row.name} is not one of ours.`);
  }
  return problems;
}

function isExpected({ table }: TableRow, policy: PolicyRow): boolean {
  if (policy.name === 'org') {
    const { command, permissive, everyone, using, check } = policy;
    return command === '*' && permissive && everyone && using === ORG && check === ORG;
  }
  return (
    RELAY_TABLES.has(table) &&
    RELAY_POLICIES[policy.name] === policy.command &&
    policy.using === RELAY &&
    !policy.everyone &&
    policy.check === null
  );
}

function checkRights({ name, rights }: TableRow): readonly string[] {
  const allowed = APPEND_ONLY_TABLES[name] ? ['INSERT', 'SELECT'] : ['DELETE', 'INSERT', 'SELECT', 'UPDATE'];
  const beyond = rights.filter((right) => !allowed.includes(right));
  return beyond.length > 0 ? [`Table ${name} grants its service ${beyond.join(', ')}.`] : [];
}

/** An entry whose table is gone would excuse the next table of that name. */
function checkLists(tables: readonly TableRow[]): readonly string[] {
  const names = new Set(tables.map((table) => table.name));
  const schemas = new Set(tables.map((table) => table.name.split('.')[0]));
  return [...Object.keys(INSTANCE_TABLES), ...Object.keys(APPEND_ONLY_TABLES)]
    .filter((name) => schemas.has(name.split('.')[0]) && !names.has(name))
    .map((name) => `The list of instance or append-only tables names ${name}, which does not exist.`);
}

function hiddenSchemas(): readonly string[] {
  return ['information_schema', 'lumo_migrations', ...Object.keys(SELF_MANAGED_SCHEMAS)];
}

async function findings(
  client: pg.Client,
  query: string,
  sentence: (row: { readonly name: string }) => string,
): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(query, [hiddenSchemas()]);
  return rows.map(sentence);
}

/** Schemas whose tables are ours to check: `$1` lists the others. */
const OURS = "n.nspname <> all ($1::text[]) and n.nspname not like 'pg\\_%'";

const TABLES = `
  select n.nspname || '.' || c.relname as name, c.relname as table,
         case when a.attname is null then 'none' when a.attnotnull and a.atttypid = 'uuid'::regtype then 'good' else 'bad' end as org_id,
         c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
         coalesce((select json_agg(json_build_object(
                     'name', p.polname, 'command', p.polcmd, 'permissive', p.polpermissive, 'everyone', p.polroles = '{0}',
                     'using', pg_get_expr(p.polqual, c.oid), 'check', pg_get_expr(p.polwithcheck, c.oid)) order by p.polname)
                     from pg_policy p where p.polrelid = c.oid), '[]') as policies,
         array(select distinct g.privilege_type::text from aclexplode(c.relacl) g
                where g.grantee <> c.relowner order by 1) as rights
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped
   where c.relkind in ('r', 'p', 'f') and ${OURS}
   order by 1`;

const UNIQUE_WITHOUT_ORG = `
  select n.nspname || '.' || i.relname as name
    from pg_index x
    join pg_class i on i.oid = x.indexrelid
    join pg_namespace n on n.oid = i.relnamespace
    join pg_attribute a on a.attrelid = x.indrelid and a.attname = 'org_id' and not a.attisdropped
   where x.indisunique and ${OURS} and not a.attnum = any (x.indkey::int2[])
   order by 1`;

const REFERENCES_WITHOUT_ORG = `
  select n.nspname || '.' || k.conname as name
    from pg_constraint k
    join pg_namespace n on n.oid = k.connamespace
    join pg_attribute a on a.attrelid = k.conrelid and a.attname = 'org_id' and not a.attisdropped
    join pg_attribute b on b.attrelid = k.confrelid and b.attname = 'org_id' and not b.attisdropped
   where k.contype = 'f' and ${OURS}
     and not exists (select 1 from unnest(k.conkey, k.confkey) as pair (mine, theirs)
                      where pair.mine = a.attnum and pair.theirs = b.attnum)
   order by 1`;

const BYPASSING_VIEWS = `
  select n.nspname || '.' || c.relname as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where ${OURS} and (c.relkind = 'm'
      or (c.relkind = 'v' and not coalesce(c.reloptions @> array['security_invoker=true'], false)))
   order by 1`;

const DEFINER_FUNCTIONS = `
  select n.nspname || '.' || f.proname as name
    from pg_proc f join pg_namespace n on n.oid = f.pronamespace
   where ${OURS} and f.prosecdef
   order by 1`;

const POWERFUL_ROLES = `
  select r.rolname as name
    from pg_roles r
   where exists (select 1 from pg_namespace s where 'lumo_' || s.nspname = r.rolname) and $1::text[] is not null
     and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication
          or exists (select 1 from pg_auth_members m where m.member = r.oid)
          or exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
                      where c.relowner = r.oid and ${OURS}))
   order by 1`;

const FOREIGN_RIGHTS = `
  select r.rolname || ' on ' || n.nspname || '.' || c.relname as name
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_roles r on r.rolname like 'lumo\\_%' and r.rolname <> 'lumo_' || n.nspname
   where c.relkind in ('r', 'p', 'v', 'm', 'f') and ${OURS}
     and has_schema_privilege(r.oid, n.oid, 'usage')
     and has_table_privilege(r.oid, c.oid, 'select, insert, update, delete, truncate')
   order by 1`;
