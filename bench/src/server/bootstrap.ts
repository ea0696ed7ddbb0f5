/** What the first start of standalone leaves in `bootstrap.json`. */
export interface Bootstrap {
  readonly org: string;
  readonly alice: { readonly email: string; readonly password: string };
  readonly apiKey: string;
  readonly instanceKey: string;
  readonly clients: {
    readonly spa: { readonly clientId: string; readonly redirectUris: readonly string[] };
    readonly m2m: { readonly clientId: string; readonly clientSecret: string };
  };
  readonly agent: { readonly clientId: string; readonly clientSecret: string };
}
