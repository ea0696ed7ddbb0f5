import type { Clock } from '@lumo/kit';
import { mergeOpenApi, type OpenApiFragment } from '../core/merge-openapi.js';
import type { Forwarder, Upstream } from '../forward/forwarder.js';
import type { OwnDocument } from './surface.js';

export interface ApiDescriptionOptions {
  readonly baseUrl: string;
  readonly version: string;
  readonly upstreams: readonly Upstream[];
  readonly forwarder: Pick<Forwarder, 'get'>;
  readonly clock: Clock;
}

/** Where the shell of every service describes its routes; never reachable from outside. */
const FRAGMENT_PATH = '/_internal/openapi.json';
const WHOLE_MS = 60_000;
/** A service that was down while its description was collected is asked again soon. */
const PARTIAL_MS = 2000;

/** The merged OpenAPI document, collected when it is asked for and remembered for a minute. */
export function createApiDescription(options: ApiDescriptionOptions): () => Promise<OwnDocument> {
  const { baseUrl, version, upstreams, forwarder, clock } = options;
  let current: { readonly document: Promise<OwnDocument>; validUntilMs: number } | undefined;

  const collect = async (): Promise<{ readonly document: OwnDocument; readonly whole: boolean }> => {
    const answers = await Promise.all(upstreams.map((upstream) => readFragment(forwarder, upstream)));
    const fragments: Record<string, OpenApiFragment> = {};
    const missing: string[] = [];
    upstreams.forEach((upstream, index) => {
      const fragment = answers[index];
      if (fragment) fragments[upstream] = fragment;
      else missing.push(upstream);
    });
    const merged = mergeOpenApi(baseUrl, version, fragments);
    const body = JSON.stringify(missing.length > 0 ? { ...merged, 'x-lumo-unavailable': missing } : merged);
    const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-cache' };
    return { document: { headers, body }, whole: missing.length === 0 };
  };

  return () => {
    const now = clock.now();
    if (current && now < current.validUntilMs) return current.document;
    const collecting = collect();
    const entry = { document: collecting.then(({ document }) => document), validUntilMs: now + WHOLE_MS };
    current = entry;
    collecting.then(
      ({ whole }) => {
        if (!whole) entry.validUntilMs = now + PARTIAL_MS;
      },
      () => {
        entry.validUntilMs = 0;
      },
    );
    return entry.document;
  };
}

async function readFragment(
  forwarder: Pick<Forwarder, 'get'>,
  upstream: Upstream,
): Promise<OpenApiFragment | undefined> {
  try {
    const { status, body } = await forwarder.get(upstream, FRAGMENT_PATH);
    // Our own shell wrote it.
    return status === 200 ? (JSON.parse(body) as OpenApiFragment) : undefined;
  } catch {
    return undefined;
  }
}
