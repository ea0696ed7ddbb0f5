import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A static file of the hosted pages. Its name carries a hash of its bytes, so it may be cached for ever. */
export interface PageAsset {
  /** e.g. `page.3f9a0c21b7de.css` */
  readonly fileName: string;
  readonly contentType: string;
  readonly cacheControl: string;
  readonly body: Buffer;
}

/** Where a page finds its files. */
export interface PageAssetUrls {
  readonly stylesheet: string;
  readonly script: string;
  /** Of the frame for session management. */
  readonly checkSession: string;
}

const CACHE_FOR_EVER = 'public, max-age=31536000, immutable';

function load(name: string, extension: string, contentType: string): PageAsset {
  const body = readFileSync(new URL(`../../assets/${name}.${extension}`, import.meta.url));
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12);
  return { fileName: `${name}.${hash}.${extension}`, contentType, cacheControl: CACHE_FOR_EVER, body };
}

const stylesheet = load('page', 'css', 'text/css; charset=utf-8');
const script = load('page', 'js', 'text/javascript; charset=utf-8');
const checkSession = load('check-session', 'js', 'text/javascript; charset=utf-8');

/** Every static file, by file name. A route serves these, answers 404 for other names, and sends `nosniff`. */
export const PAGE_ASSETS: ReadonlyMap<string, PageAsset> = new Map(
  [stylesheet, script, checkSession].map((asset) => [asset.fileName, asset]),
);

/** The URLs of the files for pages whose assets are served below `basePath`, e.g. `/assets/authn`. */
export function pageAssetUrls(basePath: string): PageAssetUrls {
  return {
    stylesheet: `${basePath}/${stylesheet.fileName}`,
    script: `${basePath}/${script.fileName}`,
    checkSession: `${basePath}/${checkSession.fileName}`,
  };
}
