import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { fastify as createFastify } from 'fastify';
import type { OwnDocument } from './surface.js';

/**
 * The rendered API reference. This is the seam to Scalar, whose npm package ships the whole viewer as one script: it is
 * served from here, so that the page works without any other host and under a policy that allows none.
 */
export interface ApiReference {
  page(): Promise<OwnDocument>;
  /** Starts the viewer; a file of its own because the policy allows no inline script. */
  start(): Promise<OwnDocument>;
  viewer(): Promise<OwnDocument>;
}

export const REFERENCE_PATHS = { page: '/docs', start: '/docs/start.js', viewer: '/docs/viewer.js' } as const;

/** The viewer puts its styles into the page itself, hence `unsafe-inline` for styles; scripts come from files only. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>LumoAuth API</title>
</head>
<body>
<noscript>The rendered reference needs JavaScript. The same facts stand in <a href="/openapi.json">/openapi.json</a>.</noscript>
<div id="reference"></div>
<script src="${REFERENCE_PATHS.viewer}"></script>
<script src="${REFERENCE_PATHS.start}"></script>
</body>
</html>
`;

/** Nothing is fetched from elsewhere and nothing is sent elsewhere: no web fonts, no telemetry, no proxy, no chat. */
const START = `Scalar.createApiReference('#reference', {
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
});
`;

const SCRIPT = 'text/javascript; charset=utf-8';
const HOUR = 'public, max-age=3600';

export function createApiReference(): ApiReference {
  let viewer: Promise<OwnDocument> | undefined;
  return {
    async page() {
      return {
        headers: {
          'Content-Type': 'text/html; charset=utf-8',
          'Content-Security-Policy': POLICY,
          'Referrer-Policy': 'no-referrer',
          'Cache-Control': 'no-cache',
        },
        body: PAGE,
      };
    },
    async start() {
      return { headers: { 'Content-Type': SCRIPT, 'Cache-Control': HOUR }, body: START };
    },
    viewer() {
      viewer ??= loadViewer();
      return viewer;
    },
  };
}

/** Five megabytes that most processes never need: read on the first visit, kept compressed. */
async function loadViewer(): Promise<OwnDocument> {
  const { default: plugin } = await import('@scalar/fastify-api-reference');
  const carrier = createFastify();
  await carrier.register(plugin, { routePrefix: '/', configuration: { content: {} } });
  const { rawPayload } = await carrier.inject({ method: 'GET', url: '/js/scalar.js' });
  await carrier.close();
  const body = await promisify(gzip)(rawPayload);
  return {
    headers: {
      'Content-Type': SCRIPT,
      // Every browser that can run the viewer reads gzip.
      'Content-Encoding': 'gzip',
      'Cache-Control': HOUR,
      ETag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    },
    body,
  };
}
