import { hash, X509Certificate } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ClientCertificate } from '@lumo/tenancy';
import { LRUCache } from 'lru-cache';

/** A certificate as the gateway needs it. */
export interface PresentedCertificate extends ClientCertificate {
  /** `x5t#S256` of RFC 8705 section 3.1. */
  readonly thumbprint: string;
}

/** Reads the certificate with which a client authenticated to the TLS terminator in front of us. */
export interface ClientCertificates {
  /** Headers that a client must not be able to write, in lower case. */
  readonly headers: readonly string[];
  /** `fromTerminator`: whether the peer of the connection is a configured terminator; else nothing is believed. */
  read(headers: IncomingHttpHeaders, fromTerminator: boolean): PresentedCertificate | undefined;
}

export interface ClientCertificateOptions {
  readonly header: string;
  /** How the terminator says that it verified the chain. */
  readonly verified?: { readonly header: string; readonly value: string };
}

const MAX_CHARS = 16_384;
const REMEMBERED = 1_000;

/**
 * The header is read from the configured terminators only (attack 15). A value that cannot be understood, or one that was
 * put together from two headers, is no certificate: which of two was the client's cannot be told.
 */
export function createClientCertificates({ header, verified }: ClientCertificateOptions): ClientCertificates {
  const known = new LRUCache<string, { readonly der: string; readonly thumbprint: string }>({ max: REMEMBERED });
  return {
    headers: [header, ...(verified ? [verified.header] : [])],
    read(headers, fromTerminator) {
      const text = headers[header];
      if (!fromTerminator || typeof text !== 'string' || text === '' || text.length > MAX_CHARS) return undefined;
      const name = hash('sha256', text, 'base64url');
      const read = known.get(name) ?? readCertificate(text);
      if (!read) return undefined;
      known.set(name, read);
      return { ...read, verified: verified !== undefined && headers[verified.header] === verified.value };
    },
  };
}

function readCertificate(text: string): { readonly der: string; readonly thumbprint: string } | undefined {
  const encoded = base64Of(text);
  if (encoded === undefined) return undefined;
  try {
    const { raw } = new X509Certificate(Buffer.from(encoded, 'base64'));
    return { der: raw.toString('base64'), thumbprint: hash('sha256', raw, 'base64url') };
  } catch {
    return undefined;
  }
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The DER in base64, out of whichever envelope the terminator uses. */
function base64Of(text: string): string | undefined {
  // RFC 9440: a byte sequence of RFC 8941.
  const sequence = /^:([A-Za-z0-9+/]+={0,2}):$/.exec(text)?.[1];
  if (sequence) return sequence;
  // Envoy: one element with a Cert; a comma would be a second proxy, whose word this header does not carry.
  const envoy = /(?:^|;)Cert="?([^";,]+)"?(?:;|$)/i.exec(text)?.[1];
  if (envoy !== undefined) return text.includes(',') ? undefined : pemBody(envoy);
  if (BASE64.test(text)) return text;
  return pemBody(text);
}

function pemBody(text: string): string | undefined {
  const plain = text.includes('%') ? decoded(text) : text;
  const body = /^\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/.exec(plain ?? '')?.[1];
  const bare = (body ?? plain)?.replace(/\s+/g, '');
  return bare !== undefined && BASE64.test(bare) ? bare : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
