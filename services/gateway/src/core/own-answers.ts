const PROBLEM = { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } } as const;

/** What the gateway itself may answer on every path, in front of the service. */
const OWN_ANSWERS: Readonly<Record<number, string>> = {
  400: 'Not a valid request',
  403: 'A credential of another organization, or a browser origin that no client lists',
  404: 'No such organization',
  405: 'No such method',
  408: 'The request did not arrive in time',
  413: 'The body is too large',
  421: 'Another host was asked for',
  429: 'Too many requests',
  431: 'The headers are too large',
  500: 'A bug on our side',
  503: 'The service cannot be reached',
};

interface Answer {
  readonly description?: string;
  readonly content?: Readonly<Record<string, unknown>>;
}

/** An operation as its service describes it, completed by what the gateway may answer in its place. */
export function withOwnAnswers(operation: unknown): unknown {
  if (typeof operation !== 'object' || operation === null || !('responses' in operation)) return operation;
  const said = operation.responses as Readonly<Record<string, Answer>>;
  const own = Object.entries(OWN_ANSWERS).map(([status, description]): [string, Answer] => {
    const known = said[status];
    // A page of a service and a refusal of the gateway may have the same status.
    return [
      status,
      known ? { ...known, content: { ...PROBLEM, ...known.content } } : { description, content: PROBLEM },
    ];
  });
  return { ...operation, responses: { ...said, ...Object.fromEntries(own) } };
}
