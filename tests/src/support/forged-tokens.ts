import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { base64url, exportJWK, importJWK, SignJWT } from 'jose';
import { claimsOf, headerOf } from './tokens.js';

export interface Forgery {
  readonly what: string;
  readonly token: string;
}

/**
 * Forgeries of a genuine access token: algorithm confusion, keys that the token brings along, key ids that reach for
 * files, tables or hosts, and changed claims.
 */
export async function forgedTokens(genuine: string, published: readonly JsonWebKey[]): Promise<readonly Forgery[]> {
  const header = headerOf(genuine);
  const claims = claimsOf(genuine);
  const [head = '', body = '', signature = ''] = genuine.split('.');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = await exportJWK(publicKey);
  const signed = (more: object) =>
    new SignJWT(claims as Record<string, unknown>)
      .setProtectedHeader({ ...header, alg: 'ES256', ...more })
      .sign(privateKey);

  const unsigned = ['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg) => {
    const start = `${encode({ ...header, alg })}.${body}`;
    return [
      { what: `alg ${JSON.stringify(alg)} without a signature`, token: `${start}.` },
      { what: `alg ${JSON.stringify(alg)} with the old signature`, token: `${start}.${signature}` },
    ];
  });

  const confused = await Promise.all(
    published.flatMap((key) => {
      const pem = createPublicKey({ key: key as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
      const secrets = [pem, String(pem).trim(), JSON.stringify(key), key.x ?? key.n ?? ''];
      return secrets.map(async (secret, index) => ({
        what: `HS256 with the public key as the secret, spelling ${index}`,
        token: await new SignJWT(claims as Record<string, unknown>)
          .setProtectedHeader({ ...header, alg: 'HS256' })
          .sign(await importJWK({ kty: 'oct', k: base64url.encode(String(secret)) }, 'HS256')),
      }));
    }),
  );

  const ids = [
    '../../../../../../dev/null',
    "' UNION SELECT 'key' --",
    'http://127.0.0.1:1/key',
    'x'.repeat(129),
    'x'.repeat(10_000),
    '',
    '\u0000',
    'constructor',
    '__proto__',
  ];
  const kids = await Promise.all(
    ids.map(async (kid) => ({ what: `kid ${JSON.stringify(kid.slice(0, 40))}`, token: await signed({ kid }) })),
  );

  const carried = await Promise.all([
    signed({}).then((token) => ({ what: 'another key under the same kid', token })),
    signed({ jwk }).then((token) => ({ what: 'a key in the header', token })),
    signed({ jwk, kid: undefined }).then((token) => ({ what: 'a key in the header and no kid', token })),
    signed({ jku: 'http://127.0.0.1:1/jwks.json' }).then((token) => ({ what: 'jku', token })),
    signed({ x5u: 'http://127.0.0.1:1/cert' }).then((token) => ({ what: 'x5u', token })),
    signed({ x5c: ['AAAA'] }).then((token) => ({ what: 'x5c', token })),
    signed({ crit: ['exp'] }).then(
      (token) => ({ what: 'crit', token }),
      () => ({ what: 'crit', token: `${encode({ ...header, crit: ['exp'] })}.${body}.${signature}` }),
    ),
  ]);

  const changed = [
    { what: 'another subject', token: `${head}.${encode({ ...claims, sub: crypto.randomUUID() })}.${signature}` },
    { what: 'more scope', token: `${head}.${encode({ ...claims, scope: 'admin' })}.${signature}` },
    { what: 'a later end', token: `${head}.${encode({ ...claims, exp: 4_102_444_800 })}.${signature}` },
    { what: 'typ JWT', token: `${encode({ ...header, typ: 'JWT' })}.${body}.${signature}` },
    { what: 'no signature', token: `${head}.${body}.` },
    { what: 'half a signature', token: `${head}.${body}.${signature.slice(0, 43)}` },
    { what: 'a signature of zeros', token: `${head}.${body}.${'A'.repeat(86)}` },
    { what: 'a claim that stands twice', token: `${head}.${twice(claims)}.${signature}` },
  ];
  return [...unsigned, ...confused, ...kids, ...carried, ...changed];
}

function encode(value: unknown): string {
  return base64url.encode(JSON.stringify(value));
}

function twice(claims: object): string {
  return base64url.encode(JSON.stringify(claims).replace('{', '{"sub":"somebody-else",'));
}
