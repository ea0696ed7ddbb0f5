/** What the files of one room of a service may import. */
export interface Room {
  /** Why the room is closed: the second half of the message about an offending import. */
  readonly reason: string;
  /** Rooms and files of the same service, as `core` or `ports.ts`; its own room is always open. */
  readonly inside: readonly string[];
  /** Packages whose values may be imported. */
  readonly packages: readonly string[];
  /** Rooms and packages that may be named as types only. */
  readonly types: readonly string[];
  /** Builtin modules of Node; with a list of names, only those. */
  readonly builtins: Readonly<Record<string, readonly string[] | true>>;
}

const PURE_BUILTINS: Room['builtins'] = {
  'node:buffer': true,
  'node:crypto': true,
  'node:http': ['STATUS_CODES'],
  'node:net': ['BlockList', 'SocketAddress', 'isIP', 'isIPv4', 'isIPv6'],
  'node:url': true,
  'node:util': true,
};

/** The import table of the architecture, section 2. A folder that is no room of it follows the rules of a service only. */
export const ROOMS: Readonly<Record<string, Room>> = {
  core: {
    reason:
      'core is pure: data and `now` in, result out. It imports core, kit, the pure parts of token-signing and libraries that are pure themselves',
    inside: [],
    packages: ['@lumo/kit', '@lumo/token-signing', '@bufbuild/cel', '@openfga/syntax-transformer', 're2js'],
    types: [],
    builtins: PURE_BUILTINS,
  },
  app: {
    reason: 'an operation loads, asks core and saves through ports; it knows no store, no protocol and no framework',
    inside: ['core', 'ports.ts'],
    packages: ['@lumo/kit', '@lumo/tenancy', '@lumo/contracts'],
    types: ['@lumo/messaging', '@lumo/token-signing'],
    builtins: PURE_BUILTINS,
  },
  store: {
    reason: 'a store keeps what the ports promise (in tables, or at another service) and decides nothing',
    inside: ['core', 'ports.ts', 'tables.ts'],
    packages: ['@lumo/contracts', '@lumo/database', '@lumo/kit', '@lumo/tenancy', 'kysely', 'lru-cache'],
    types: ['@lumo/messaging', '@lumo/token-signing'],
    builtins: PURE_BUILTINS,
  },
  http: {
    reason:
      'a controller translates between the wire and the app (or the protocol engine, with its pages), and sees nothing behind them',
    inside: ['core', 'oidc', 'pages'],
    packages: [
      '@lumo/service',
      '@lumo/contracts',
      '@lumo/kit',
      '@lumo/tenancy',
      '@lumo/token-signing',
      '@nestjs/common',
      'zod',
    ],
    types: ['app.ts', 'app', 'core', 'ports.ts', 'fastify'],
    builtins: { ...PURE_BUILTINS, 'node:stream': true },
  },
  rpc: {
    reason: 'an rpc handler translates between messages and the app, and sees nothing behind the app',
    inside: [],
    packages: ['@lumo/service', '@lumo/contracts', '@lumo/messaging', '@lumo/kit', '@lumo/tenancy', 'zod'],
    types: ['app.ts', 'app', 'core', 'ports.ts'],
    builtins: PURE_BUILTINS,
  },
};

/** The one package that hosts every service. */
export const HOST = 'standalone';

/** Sets the org of a connection: only the pool may, because it remembers what each connection carries. */
export const ORG_SETTER = {
  pattern: /set_config\(\s*['"]app\.org_id['"]|\bset\s+(?:local\s+|session\s+)?app\.org_id\b/i,
  owner: 'libs/database',
};

const HTTP_CLIENT = ['request', 'get', 'Agent', 'globalAgent'];

/** Ways to call another machine, and the few who may: everything else calls through the egress client of the platform. */
export const OUTBOUND = {
  reason:
    'addresses are called through `Platform.egress` alone: it judges them, pins the connection and bounds the answer (SSRF)',
  /** Packages and builtin modules; with a list of names, only those open a connection. */
  modules: {
    undici: true,
    axios: true,
    got: true,
    ky: true,
    'node-fetch': true,
    ws: true,
    'node:http': HTTP_CLIENT,
    'node:https': HTTP_CLIENT,
    'node:http2': ['connect'],
    'node:net': ['connect', 'createConnection', 'Socket'],
    'node:tls': ['connect', 'TLSSocket'],
    'node:dgram': true,
  } as Readonly<Record<string, readonly string[] | true>>,
  /** The globals that do the same. */
  globals: /(?<![.\w$])(?:globalThis\s*\.\s*)?(?:fetch|WebSocket|EventSource|XMLHttpRequest)\s*\(/,
  owners: {
    'libs/service/src/egress/': 'the egress client itself',
    'services/gateway/src/forward/': 'forwards requests to our own services, at addresses of the settings',
    'services/standalone/src/seed/api.ts': 'calls the own public address',
  } as Readonly<Record<string, string>>,
};
