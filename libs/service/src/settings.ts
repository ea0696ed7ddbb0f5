import { isIP } from 'node:net';
import { StartupError } from '@lumo/database';
import { type Secret, secret } from '@lumo/kit';
import { parseAllowedTargets } from './egress/allowed-targets.js';

interface Setting<T> {
  /** The value when the variable is not set; absent for optional settings. */
  readonly default?: string;
  readonly wants: string;
  readonly about: string;
  /** Undefined where the text is not what the setting wants. */
  parse(text: string): T | undefined;
}

function setting<const S extends Setting<unknown>>(spec: S): S {
  return spec;
}

const PORT = { wants: 'a port from 1 to 65535', parse: parsePort };

const url = (protocols: readonly string[], about: string): Setting<Secret<string>> =>
  setting({
    wants: `a URL that starts with ${protocols.join(' or ')}`,
    about,
    parse: (text) => (URL.canParse(text) && protocols.some((p) => text.startsWith(p)) ? secret(text) : undefined),
  });

/** Every setting of the platform; `docs/settings.md` is generated from it. */
export const SETTINGS = {
  LUMO_PORT: setting({ ...PORT, default: '8000', about: 'Port of the public address.' }),
  LUMO_HOST: setting({
    default: 'localhost',
    wants: 'a host name or address to bind to',
    about: 'Where to listen. `0.0.0.0` inside a container.',
    parse: (text) => (/^[A-Za-z0-9.:-]+$/.test(text) ? text : undefined),
  }),
  LUMO_DATA_DIR: setting({
    default: '.lumo',
    wants: 'a path',
    about: 'Where standalone keeps its database, its keys and `bootstrap.json`.',
    parse: (text) => text || undefined,
  }),
  LUMO_BASE_URL: setting({
    wants: 'an http or https URL without a path',
    about: 'Public address; issuers, links and cookies follow it. Default `http://localhost:<LUMO_PORT>`.',
    parse: parseBaseUrl,
  }),
  LUMO_TRUSTED_PROXIES: setting({
    default: '',
    wants: 'a comma-separated list of addresses or CIDR ranges',
    about: 'Proxies whose `X-Forwarded-*` headers are believed. Empty: none.',
    parse: parseCidrs,
  }),
  LUMO_TLS_TERMINATORS: setting({
    default: '',
    wants: 'a comma-separated list of addresses or CIDR ranges',
    about:
      'TLS terminators whose client-certificate header is believed (RFC 8705). Empty: no certificate is, and mutual TLS is not offered.',
    parse: parseCidrs,
  }),
  LUMO_CLIENT_CERT_HEADER: setting({
    default: 'client-cert',
    wants: 'the name of a header',
    about:
      'Where those terminators put the certificate: RFC 9440 (`Client-Cert`), PEM in percent-encoding (nginx, AWS), base64 (Traefik) or `Cert=` of Envoy.',
    parse: parseHeaderName,
  }),
  LUMO_CLIENT_CERT_VERIFIED: setting({
    wants: 'a header and its value such as x-ssl-client-verify=SUCCESS',
    about:
      'How those terminators say that the chain of the certificate ends at an authority they trust. Not set: `tls_client_auth` is not offered, self-signed certificates are.',
    parse: parseHeaderValue,
  }),
  LUMO_MASTER_KEY: setting({
    wants: '32 bytes as base64 (44 characters) or hex (64 characters)',
    about:
      'Root of every key that encrypts data. Standalone makes one in the data dir when it is not set; a cluster needs it.',
    parse: parseKey,
  }),
  LUMO_PREVIOUS_MASTER_KEY: setting({
    wants: '32 bytes as base64 (44 characters) or hex (64 characters)',
    about: 'The master key before the current one, while stored secrets are encrypted again.',
    parse: parseKey,
  }),
  DATABASE_URL: url(
    ['postgres://', 'postgresql://'],
    'PostgreSQL with the right to create roles and schemas. Standalone: embedded when not set.',
  ),
  NATS_URL: url(['nats://', 'tls://'], 'NATS for calls and events between services. In process when not set.'),
  REDIS_URL: url(['redis://', 'rediss://'], 'Redis for short-lived state and jobs. PostgreSQL when not set.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting({
    wants: 'an http or https URL',
    about: 'Where traces go (OTLP over HTTP). No traces when not set.',
    parse: (text) => (/^https?:\/\//.test(text) && URL.canParse(text) ? text.replace(/\/$/, '') : undefined),
  }),
  LOG_LEVEL: setting({
    default: 'info',
    wants: 'trace, debug, info, warn, error or silent',
    about: 'How much is logged. `debug` shows every request.',
    parse: (text) => (['trace', 'debug', 'info', 'warn', 'error', 'silent'].includes(text) ? text : undefined),
  }),
  LUMO_PASSWORD_COST: setting({
    default: 'm=19456,t=2,p=1',
    wants: 'argon2id costs such as m=19456,t=2,p=1 (KiB, passes, lanes)',
    about: 'What hashing a password costs. Stored hashes keep working and move to it at the next sign-in.',
    parse: parseHashCost,
  }),
  LUMO_RATE_LIMITS: setting({
    default: 'on',
    wants: 'on, off, or JSON such as {"sign_in":20,"*":6000} (requests per window by class, * for all others)',
    about:
      'Rate limits of the gateway; the classes are the table in `services/gateway/src/rate-table.ts`, and `concurrent` is how many requests of one org are worked on at a time. `off` is for load tests.',
    parse: parseRateLimits,
  }),
  LUMO_EGRESS_ALLOWED: setting({
    default: '',
    wants: 'a comma-separated list of host names, addresses or CIDR ranges',
    about:
      'What this server may call beside the public internet, for addresses that clients and administrators name (keys, metadata documents, webhooks). Loopback addresses in it may also be called by http, for development. Empty: https to public addresses only.',
    parse: parseAllowedTargets,
  }),
  LUMO_RELATION_MEMORY: setting({
    default: '1024',
    wants: 'a number of MiB from 16 to 1000000',
    about:
      'Memory of one process for relation tuples, 60 to 80 bytes each. Beyond it, what was not asked about for longest is let go and read again when it is asked about.',
    parse: (text) => parseWholeNumber(text, 16, 1_000_000),
  }),
  LUMO_RELATION_CHANGES_DAYS: setting({
    default: '90',
    wants: 'a number of days from 1 to 36500',
    about: 'How long the log of changed relation tuples is kept for watchers and for those who read changes.',
    parse: (text) => parseWholeNumber(text, 1, 36_500),
  }),
  LUMO_SNAPSHOT_DIR: setting({
    wants: 'a path',
    about:
      'Where the authorization service keeps encrypted copies of relation tuples, so that it has them in memory quickly after a start. May be lost at any time. Standalone: a folder in the data dir when not set; cluster: none.',
    parse: (text) => text || undefined,
  }),
  LUMO_SERVICE_PORT: setting({
    ...PORT,
    about: 'Port of a single service in the cluster. Default: 8001 authn, 8002 authz, 8003 agents, 8004 audit.',
  }),
  LUMO_SERVICE_URL: setting({
    wants: 'an http or https URL without a path',
    about:
      'Where the gateway reaches this process of a service that runs in several (cluster). Default: `LUMO_HOST`, or the first outward address where that is `0.0.0.0`, and the port of the service.',
    parse: parseBaseUrl,
  }),
  LUMO_UPSTREAMS: setting({
    default: '',
    wants: 'a list such as authn=http://authn:8001,authz=http://authz:8002',
    about: 'Where the gateway finds the services in the cluster. Default: their ports on 127.0.0.1.',
    parse: parseUpstreams,
  }),
} as const satisfies Record<string, Setting<unknown>>;

type SettingName = keyof typeof SETTINGS;
type Parsed<N extends SettingName> = Exclude<ReturnType<(typeof SETTINGS)[N]['parse']>, undefined>;

/** Settings without a default are undefined when the variable is not set. */
export type Settings = {
  readonly [N in SettingName]: (typeof SETTINGS)[N] extends { readonly default: string }
    ? Parsed<N>
    : Parsed<N> | undefined;
} & { readonly baseUrl: string };

const SECRET_SETTINGS: readonly string[] = [
  'LUMO_MASTER_KEY',
  'LUMO_PREVIOUS_MASTER_KEY',
  'DATABASE_URL',
  'NATS_URL',
  'REDIS_URL',
];

/** Reads every setting or throws a `StartupError` that names the first wrong one, what it got and what it wants. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
    const text = env[name]?.trim() || spec.default;
    if (text === undefined) continue;
    const value = spec.parse(text);
    if (value === undefined) {
      const got = SECRET_SETTINGS.includes(name) ? `${text.length} characters` : JSON.stringify(text.slice(0, 100));
      throw new StartupError('setting_invalid', `${name}: got ${got}, wants ${spec.wants}`);
    }
    values[name] = value;
  }
  values.baseUrl = values.LUMO_BASE_URL ?? new URL(`http://localhost:${values.LUMO_PORT}`).origin;
  return values as Settings;
}

/** For a setting that only some shapes can do without. */
export function missingSetting(name: SettingName): StartupError {
  return new StartupError('setting_invalid', `${name}: not set, wants ${SETTINGS[name].wants}`);
}

/** The Markdown table of every setting. */
export function settingsTable(): string {
  const rows = (Object.entries(SETTINGS) as [string, Setting<unknown>][]).map(
    ([name, spec]) =>
      `| \`${name}\` | ${spec.default === undefined ? '' : `\`${spec.default || '(empty)'}\``} | ${spec.wants.replaceAll('|', '\\|')} | ${spec.about} |`,
  );
  return ['| variable | default | wants | what it does |', '|---|---|---|---|', ...rows].join('\n');
}

function parsePort(text: string): number | undefined {
  const value = Number(text);
  return /^\d{1,5}$/.test(text) && value >= 1 && value <= 65535 ? value : undefined;
}

function parseWholeNumber(text: string, least: number, most: number): number | undefined {
  const value = Number(text);
  return /^\d{1,9}$/.test(text) && value >= least && value <= most ? value : undefined;
}

function parseBaseUrl(text: string): string | undefined {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return undefined;
  const parsed = new URL(text);
  const bare = parsed.pathname === '/' && !parsed.search && !parsed.hash && !parsed.username && !parsed.password;
  return bare ? parsed.origin : undefined;
}

function parseCidrs(text: string): readonly string[] | undefined {
  const ranges = text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  return ranges.every(isCidr) ? ranges : undefined;
}

const HEADER_NAME = /^[a-z][a-z0-9-]{0,63}$/;

function parseHeaderName(text: string): string | undefined {
  const name = text.toLowerCase();
  return HEADER_NAME.test(name) ? name : undefined;
}

/** What a header says when something is true. */
export interface HeaderValue {
  readonly header: string;
  readonly value: string;
}

function parseHeaderValue(text: string): HeaderValue | undefined {
  const [name = '', value = '', ...rest] = text.split('=');
  const header = parseHeaderName(name.trim());
  return header && value.trim() && rest.length === 0 ? { header, value: value.trim() } : undefined;
}

function isCidr(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

function parseKey(text: string): Secret<Uint8Array> | undefined {
  const bytes = /^[0-9a-fA-F]{64}$/.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  return bytes.length === 32 ? secret(new Uint8Array(bytes)) : undefined;
}

export interface HashCost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
}

function parseHashCost(text: string): HashCost | undefined {
  const [memoryKib = 0, passes = 0, lanes = 0] =
    /^m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})$/.exec(text)?.slice(1).map(Number) ?? [];
  // RFC 9106 section 3.1: at least 8 KiB for each lane.
  return passes >= 1 && lanes >= 1 && memoryKib >= 8 * lanes ? { memoryKib, passes, lanes } : undefined;
}

export type RateLimitSetting = 'on' | 'off' | Readonly<Record<string, number>>;

function parseRateLimits(text: string): RateLimitSetting | undefined {
  if (text === 'on' || text === 'off') return text;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return Object.values(value).every((n) => Number.isInteger(n) && n > 0)
      ? (value as Record<string, number>)
      : undefined;
  } catch {
    return undefined;
  }
}

function parseUpstreams(text: string): Readonly<Record<string, string>> | undefined {
  const pairs = text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => part.split('=') as [string, string?]);
  const valid = pairs.every(
    ([name, to]) => /^[a-z-]+$/.test(name) && to !== undefined && /^https?:\/\//.test(to) && URL.canParse(to),
  );
  return valid ? Object.fromEntries(pairs.map(([name, to]) => [name, (to ?? '').replace(/\/$/, '')])) : undefined;
}
