import type { ClientBase } from 'pg';
import { APPEND_ONLY_TABLES, INSTANCE_TABLES, RELAY_TABLES } from '../instance-tables.js';
import { StartupError } from '../startup-error.js';
import { roleOf } from './schema-role.js';

/** As written in the policy, and as PostgreSQL prints it back. */
const ORG_EXPRESSION = "org_id = nullif(current_setting('app.org_id', true), '')::uuid";
const RELAY_EXPRESSION = "current_setting('app.relay', true) = 'on'";

const RELAY_POLICIES = { relay_read: 'select', relay_claim: 'update', relay_delete: 'delete' } as const;

interface TableFacts {
  readonly name: string;
  readonly has_org_id: boolean;
  readonly org_id_ok: boolean;
  readonly enabled: boolean;
  readonly forced: boolean;
  readonly policies: readonly string[];
  readonly privileges: readonly string[];
}

/**
 * Puts every table of a schema under row-level security, and gives its role what it needs and no more. Runs after the
 * migrations, touches only what is not yet as it must be, and refuses by name a table it cannot protect.
 */
export async function stampTables(admin: ClientBase, schema: string): Promise<void> {
  const tables = await readTables(admin, schema);
  const unprotected = tables.filter((table) => !table.org_id_ok && !INSTANCE_TABLES[`${schema}.${table.name}`]);
  if (unprotected.length > 0) {
    const names = unprotected.map((table) => `${schema}.${table.name}`).join(', ');
    throw new StartupError(
      'table_unprotected',
      `No "org_id uuid not null" in: ${names}. Add the column, or list the table with its reason in ` +
        'libs/database/src/instance-tables.ts.',
    );
  }
  for (const table of tables) await stampTable(admin, schema, table);
  await refuseBypassingViews(admin, schema);
  const role = roleOf(schema);
  await admin.query(`grant usage, select on all sequences in schema ${schema} to ${role}`);
}

async function stampTable(admin: ClientBase, schema: string, table: TableFacts): Promise<void> {
  const target = `${schema}.${quoted(table.name)}`;
  const role = roleOf(schema);
  const wanted = expectedPolicies(table);
  const strangers = table.policies.filter((policy) => !wanted.includes(policy));
  if (strangers.length > 0) {
    throw new StartupError(
      'table_unprotected',
      `Table ${schema}.${table.name} has a policy of its own (${strangers.join(', ')}); policies widen each other. Drop it.`,
    );
  }
  if (table.has_org_id) {
    if (!table.enabled) await admin.query(`alter table ${target} enable row level security`);
    if (!table.forced) await admin.query(`alter table ${target} force row level security`);
    if (!table.policies.includes('org')) {
      await admin.query(`create policy org on ${target} using (${ORG_EXPRESSION}) with check (${ORG_EXPRESSION})`);
    }
    for (const [policy, command] of Object.entries(RELAY_POLICIES)) {
      if (!wanted.includes(policy) || table.policies.includes(policy)) continue;
      await admin.query(`create policy ${policy} on ${target} for ${command} to ${role} using (${RELAY_EXPRESSION})`);
    }
  }
  const privileges = APPEND_ONLY_TABLES[`${schema}.${table.name}`]
    ? ['INSERT', 'SELECT']
    : ['DELETE', 'INSERT', 'SELECT', 'UPDATE'];
  if (table.privileges.join() !== privileges.join()) {
    await admin.query(`revoke all on ${target} from ${role}; grant ${privileges.join(', ')} on ${target} to ${role}`);
  }
}

function expectedPolicies(table: TableFacts): readonly string[] {
  if (!table.has_org_id) return [];
  return RELAY_TABLES.has(table.name) ? ['org', ...Object.keys(RELAY_POLICIES)] : ['org'];
}

async function readTables(admin: ClientBase, schema: string): Promise<readonly TableFacts[]> {
  const { rows } = await admin.query<TableFacts>(
    `select c.relname as name, a.attname is not null as has_org_id,
            coalesce(a.attnotnull and a.atttypid = 'uuid'::regtype, false) as org_id_ok,
            c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
            array(select polname::text from pg_policy where polrelid = c.oid order by 1) as policies,
            array(select distinct g.privilege_type::text from aclexplode(c.relacl) g
                   where g.grantee = $2::regrole order by 1) as privileges
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
       left join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped
      where n.nspname = $1 and c.relkind in ('r', 'p')
      order by c.relname`,
    [schema, roleOf(schema)],
  );
  return rows;
}

/** A view reads with the rights of its owner, past row-level security, unless it says `security_invoker`. */
async function refuseBypassingViews(admin: ClientBase, schema: string): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1
        and (c.relkind = 'm' or (c.relkind = 'v' and not coalesce(c.reloptions @> array['security_invoker=true'], false)))`,
    [schema],
  );
  if (rows[0]) {
    throw new StartupError(
      'table_unprotected',
      `View ${schema}.${rows[0].name} reads past row-level security. Create it "with (security_invoker = true)"; ` +
        'a materialized view cannot be protected.',
    );
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
