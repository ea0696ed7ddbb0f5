/** The words in which the endpoints of the protocol are described. */
export const API = '/orgs/{org}/api/v1';
export const ORG_PARAMETER = { name: 'org', in: 'path', required: true, schema: { type: 'string' } } as const;

type Schema = Readonly<Record<string, unknown>>;

export const string: Schema = { type: 'string' };
export const strings: Schema = { type: 'array', items: string };
export const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
});

interface Operation {
  readonly tag: string;
  readonly summary: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly required?: readonly string[];
  readonly form?: Schema;
  readonly json?: boolean;
  readonly responses: Readonly<Record<number, Answer>>;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
}

interface Answer {
  readonly description: string;
  readonly json?: Schema;
  /** A JWT of this media type in place of the JSON, where the client registered for one. */
  readonly jwt?: string;
  /** Where it is not plain `application/json`. */
  readonly mediaType?: string;
  readonly html?: true;
}

export const page = (description: string): Answer => ({ description, html: true });
export const redirect = (description: string): Answer => ({ description });
export const refused = (description: string): Answer => ({
  description,
  json: { $ref: '#/components/schemas/Problem' },
});

export function describe({ tag, summary, query = {}, required = [], form, json, responses, security = [] }: Operation) {
  return {
    tags: [tag],
    summary,
    security,
    parameters: [
      ORG_PARAMETER,
      ...Object.entries(query).map(([name, description]) => ({
        name,
        in: 'query',
        description,
        required: required.includes(name),
        schema: string,
      })),
    ],
    ...(form && {
      requestBody: {
        content: {
          'application/x-www-form-urlencoded': { schema: form },
          ...(json && { 'application/json': { schema: form } }),
        },
      },
    }),
    responses: Object.fromEntries(
      Object.entries(responses).map(
        ([status, { description, json: schema, jwt, mediaType = 'application/json', html }]) => [
          status,
          {
            description,
            ...(schema && { content: { [mediaType]: { schema }, ...(jwt && { [jwt]: { schema: string } }) } }),
            ...(html && { content: { 'text/html': { schema: string } } }),
          },
        ],
      ),
    ),
  };
}

export const CLIENT_AUTH = [{ ClientAuth: [] }];
