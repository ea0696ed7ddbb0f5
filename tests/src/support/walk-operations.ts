import type { OpenApiDocument, Operation } from './openapi-conformance.js';

/** One operation of the API description. */
export interface WalkedOperation {
  readonly method: string;
  readonly template: string;
  readonly parameters: readonly string[];
  readonly hasBody: boolean;
  /** Whether the description names a credential without which nobody enters. */
  readonly isGuarded: boolean;
  readonly tag: string;
}

/** Every operation that the running server says it has. */
export function walkOperations(document: OpenApiDocument): readonly WalkedOperation[] {
  return Object.entries(document.paths).flatMap(([template, item]) =>
    Object.entries(item).map(([verb, operation]) => ({
      method: verb.toUpperCase(),
      template,
      parameters: [...template.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name),
      hasBody: operation.requestBody !== undefined,
      isGuarded: isGuarded(operation),
      tag: operation.tags?.[0] ?? '',
    })),
  );
}

function isGuarded({ 'x-lumo-access': access }: Operation): boolean {
  return access !== undefined && access.kind !== 'public';
}

/** The path with its parameters filled in. */
export function fillPath(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{([^}]+)\}/g, (_whole, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the walk knows no value for {${name}} of ${template}: teach it one`);
    return encodeURIComponent(value);
  });
}

/** Every way to choose one of two sets of values for each parameter, but for the way that takes only the first. */
export function mixtures(
  parameters: readonly string[],
  own: Readonly<Record<string, string>>,
  foreign: Readonly<Record<string, string>>,
): readonly Readonly<Record<string, string>>[] {
  const count = 2 ** parameters.length;
  return Array.from({ length: count - 1 }, (_, index) =>
    Object.fromEntries(
      parameters.map((name, bit) => [name, ((index + 1) >> bit) & 1 ? (foreign[name] ?? '') : (own[name] ?? '')]),
    ),
  );
}
