/** What the first start leaves for the person who started it: `<data dir>/bootstrap.json`, mode 0600. */
export interface Bootstrap {
  readonly baseUrl: string;
  readonly org: string;
  readonly issuer: string;
  readonly admin: { readonly email: string; readonly password: string };
  readonly alice: { readonly email: string; readonly password: string };
  /** An API key of the org with every admin scope. */
  readonly apiKey: string;
  /** The key of the instance operator. */
  readonly instanceKey: string;
  readonly clients: {
    readonly spa: { readonly clientId: string; readonly redirectUris: readonly string[] };
    readonly m2m: { readonly clientId: string; readonly clientSecret: string };
  };
  readonly agent: { readonly clientId: string; readonly clientSecret: string };
}
