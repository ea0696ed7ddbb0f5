import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { instanceKeyOf, readSettings, StartupError } from '@lumo/service';
import { createMasterKey } from '@lumo/token-signing';
import { type Api, createApi } from '../seed/api.js';
import type { Bootstrap } from '../seed/bootstrap.js';
import { seed } from '../seed/seed.js';

const USAGE = `lumo: the operator's command of a LumoAuth installation

  lumo org create <slug> [--name NAME] [--admin EMAIL --password PASSWORD]
                         creates an organization and prints its first API key, once
  lumo org list          lists the organizations
  lumo org key <slug>    makes one more API key with every admin scope, and prints it, once
  lumo env               prints what bootstrap.json holds as shell variables: eval "$(npm run --silent lumo -- env)"
  lumo seed --out FILE   fills an empty installation with the org acme-corp, writes its credentials to FILE

The installation is found by LUMO_DATA_DIR (its bootstrap.json), or by LUMO_BASE_URL with LUMO_MASTER_KEY.
--url URL connects to another address than the public one.
`;

const ADMIN_SCOPES = [
  'admin:read',
  'admin:write',
  'admin:users',
  'admin:roles',
  'admin:clients',
  'admin:agents',
  'admin:audit',
  'admin:keys',
  'admin:settings',
  'authz:check',
];

interface Installation {
  readonly baseUrl: string;
  readonly instanceKey: string;
  readonly api: Api;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`lumo: ${describe(error)}`);
  process.exitCode = 1;
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      name: { type: 'string' },
      admin: { type: 'string' },
      password: { type: 'string' },
      out: { type: 'string' },
      url: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [noun, verb, slug] = positionals;
  if (values.help || !noun) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  if (noun === 'env') {
    console.log(shellVariables(readBootstrap(readSettings(process.env).LUMO_DATA_DIR)));
    return 0;
  }
  const installation = openInstallation(values.url);
  const { api, instanceKey } = installation;
  switch (`${noun} ${verb ?? ''}`.trim()) {
    case 'org create': {
      if (!slug) throw new Error('org create wants a slug: lumo org create <slug>');
      if ((values.admin === undefined) !== (values.password === undefined))
        throw new Error('--admin and --password belong together');
      const { data } = await api.call<{ data: unknown }>(instanceKey, 'POST', '/api/v1/instance/orgs', {
        slug,
        ...(values.name && { name: values.name }),
        ...(values.admin && { admin: { email: values.admin, password: values.password } }),
        apiKey: { name: 'First key', scopes: ADMIN_SCOPES },
      });
      print(data);
      return 0;
    }
    case 'org list':
      print((await api.call<{ data: unknown }>(instanceKey, 'GET', '/api/v1/instance/orgs?limit=100')).data);
      return 0;
    case 'org key': {
      if (!slug) throw new Error('org key wants a slug: lumo org key <slug>');
      const path = `/api/v1/instance/orgs/${encodeURIComponent(slug)}/api-keys`;
      print(
        (await api.call<{ data: unknown }>(instanceKey, 'POST', path, { name: 'Operator key', scopes: ADMIN_SCOPES }))
          .data,
      );
      return 0;
    }
    case 'seed': {
      if (!values.out) throw new Error('seed wants --out FILE');
      const bootstrapFile = resolve(values.out);
      const done = await seed({ ...installation, bootstrapFile, seedFile: `${bootstrapFile}.incomplete` });
      if (!done) throw new Error('this installation holds organizations already; seed is for an empty one');
      console.log(`wrote ${bootstrapFile}`);
      return 0;
    }
    default:
      console.error(`lumo: unknown command "${positionals.join(' ')}"\n\n${USAGE}`);
      return 2;
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNREFUSED' ? `${error.message}: is LumoAuth running? npm start starts it` : error.message;
}

function openInstallation(connectTo: string | undefined): Installation {
  const settings = readSettings(process.env);
  if (settings.LUMO_MASTER_KEY) {
    const instanceKey = instanceKeyOf(createMasterKey(settings.LUMO_MASTER_KEY));
    return { baseUrl: settings.baseUrl, instanceKey, api: createApi(settings.baseUrl, connectTo) };
  }
  const { baseUrl, instanceKey } = readBootstrap(settings.LUMO_DATA_DIR);
  return { baseUrl, instanceKey, api: createApi(baseUrl, connectTo) };
}

function readBootstrap(dataDir: string): Bootstrap {
  const file = resolve(join(dataDir, 'bootstrap.json'));
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Bootstrap;
  } catch (error) {
    throw new StartupError(
      'setting_invalid',
      `cannot read ${file}: run this beside a started installation, or set LUMO_DATA_DIR, or LUMO_BASE_URL and LUMO_MASTER_KEY`,
      { cause: error },
    );
  }
}

function shellVariables(bootstrap: Bootstrap): string {
  const { baseUrl, issuer, apiKey, admin, alice, clients, agent } = bootstrap;
  const variables = {
    BASE: baseUrl,
    API: issuer,
    API_KEY: apiKey,
    ADMIN_EMAIL: admin.email,
    ADMIN_PASSWORD: admin.password,
    ALICE_EMAIL: alice.email,
    ALICE_PASSWORD: alice.password,
    SPA_ID: clients.spa.clientId,
    M2M_ID: clients.m2m.clientId,
    M2M_SECRET: clients.m2m.clientSecret,
    AGENT_ID: agent.clientId,
    AGENT_SECRET: agent.clientSecret,
  };
  // Every value is a URL, an address or base64url text: nothing in it means anything to a shell inside quotes.
  return Object.entries(variables)
    .map(([name, value]) => `${name}='${value}'`)
    .join('\n');
}

function print(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}
