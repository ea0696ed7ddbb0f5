import type { TestCertificate } from '@lumo/testing/certificates';

/** What the first start leaves in `bootstrap.json`: everything a newcomer needs to use the seeded org. */
export interface Bootstrap {
  readonly baseUrl: string;
  readonly org: string;
  readonly issuer: string;
  readonly admin: { readonly email: string; readonly password: string };
  readonly alice: { readonly email: string; readonly password: string };
  readonly apiKey: string;
  readonly instanceKey: string;
  readonly clients: {
    readonly spa: { readonly clientId: string; readonly redirectUris: readonly string[] };
    readonly m2m: { readonly clientId: string; readonly clientSecret: string };
  };
  readonly agent: { readonly clientId: string; readonly clientSecret: string };
}

export type ShapeName = 'standalone' | 'cluster';

/** What a black-box suite knows of the platform it is pointed at; it travels as a JSON file. */
export interface Target {
  readonly shape: ShapeName;
  readonly baseUrl: string;
  readonly bootstrap: Bootstrap;
  /** PostgreSQL as its superuser, for the walk over the catalogue only. */
  readonly adminDatabaseUrl: string;
  /** Where standalone keeps everything; a cluster has no such place. */
  readonly dataDir?: string;
  /** A certificate for `localhost` that the platform trusts, for servers that it has to call. */
  readonly tls: TestCertificate;
}

/** One process of a running platform. */
export interface ServiceProcess {
  /** Changes when the process was restarted. */
  readonly pid: number;
  /** Resolves when the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Resolves when the process that replaced a killed one answers `/readyz`, which nobody has to ask for. */
  recovered(): Promise<void>;
  /** Everything the processes under this name wrote so far. */
  output(): string;
}

/** A running platform on free ports with data of its own. */
export interface Shape extends Target {
  readonly services: Readonly<Record<string, ServiceProcess>>;
  /** Ends every process and removes the data; fails where something had to be forced. */
  stop(): Promise<void>;
}
