import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** An OpenAPI 3.1 document as far as it is read here. */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: unknown;
}

export interface Operation {
  readonly security?: readonly unknown[];
  readonly tags?: readonly string[];
  readonly 'x-lumo-access'?: { readonly kind: string; readonly scope?: string };
  readonly requestBody?: unknown;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

/** One request and its answer. */
export interface Exchange {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Says what the description of the API does not cover of an exchange; undefined where it covers all of it. */
export type Conformance = (exchange: Exchange) => string | undefined;

/** Compares what a server does with what its own description says it does. */
export function createConformance(document: OpenApiDocument): Conformance {
  const ajv = new Ajv2020({ strict: false, allErrors: false, validateFormats: true });
  formats.default(ajv);
  ajv.addSchema(document as object, 'openapi');
  const validators = new Map<string, ValidateFunction>();
  const find = pathFinder(Object.keys(document.paths));

  return ({ method, path, status, contentType, text }) => {
    const template = find(path);
    if (template === undefined) return 'the path is not described';
    // RFC 9110 section 9.3.2: HEAD is GET without the body.
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
    const operation = document.paths[template]?.[verb];
    if (!operation) return `${method} of ${template} is not described`;
    const response = operation.responses[status];
    if (!response) return `status ${status} of ${method} ${template} is not described`;
    const mediaType = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
    // RFC 9110 section 15.4: the body of a redirect is a note for people.
    if (text === '' || (status >= 300 && status < 400)) return undefined;
    if (!response.content) return `${method} ${template} ${status} is described without a body, and has one`;
    const described = Object.keys(response.content).find((type) => type.toLowerCase() === mediaType);
    if (described === undefined) return `${method} ${template} ${status}: ${mediaType} is not a described media type`;
    if (!/[/+]json$/.test(mediaType)) return undefined;
    const pointer = ['paths', template, verb, 'responses', String(status), 'content', described, 'schema'];
    const validate = validatorOf(ajv, validators, `openapi#/${pointer.map(escapePointer).join('/')}`);
    if (validate(JSON.parse(text))) return undefined;
    return `${method} ${template} ${status}: ${ajv.errorsText(validate.errors, { dataVar: 'body' })}`;
  };
}

/** Finds the template of a path; a literal segment wins over a parameter. `/t/…` is another spelling of `/orgs/…`. */
export function pathFinder(templates: readonly string[]): (path: string) => string | undefined {
  const rows = templates.map((template) => ({ template, segments: template.split('/') }));
  return (path) => {
    const segments = path
      .replace(/^\/t\//, '/orgs/')
      .replace(/(?<=.)\/$/, '')
      .split('/');
    const matching = rows.filter(
      (row) =>
        row.segments.length === segments.length &&
        row.segments.every((segment, i) => segment === segments[i] || (isParameter(segment) && segments[i] !== '')),
    );
    return matching.sort((a, b) => literals(b.segments) - literals(a.segments))[0]?.template;
  };
}

function literals(segments: readonly string[]): number {
  return segments.filter((segment) => !isParameter(segment)).length;
}

function isParameter(segment: string): boolean {
  return segment.startsWith('{');
}

function escapePointer(text: string): string {
  return encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));
}

function validatorOf(ajv: Ajv2020, known: Map<string, ValidateFunction>, ref: string): ValidateFunction {
  const existing = known.get(ref);
  if (existing) return existing;
  const validate = ajv.compile({ $ref: ref });
  known.set(ref, validate);
  return validate;
}
