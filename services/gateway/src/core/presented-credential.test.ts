import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readCredential } from './presented-credential.js';

const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl';
const KEY = 'lmk_abcdefghijklmnop';

const CASES: readonly (readonly [
  name: string,
  authorization: string | undefined,
  apiKey: string | undefined,
  kind: string,
])[] = [
  ['nothing', undefined, undefined, 'none'],
  ['a JWT as bearer', `Bearer ${JWT}`, undefined, 'jwt'],
  ['the scheme in any case', `bEaReR ${JWT}`, undefined, 'jwt'],
  ['a key as X-API-Key', undefined, KEY, 'key'],
  ['a key as bearer', `Bearer ${KEY}`, undefined, 'key'],
  ['a key under the legacy scheme', `ApiKey ${KEY}`, undefined, 'key'],
  ['a key of another generation', 'Bearer sk_live_abcdefgh', undefined, 'key'],
  ['the same key twice', `Bearer ${KEY}`, KEY, 'key'],
  ['two keys', `Bearer ${KEY}`, `${KEY}x`, 'conflict'],
  ['a token and a key', `Bearer ${JWT}`, KEY, 'conflict'],
  ['a bound token', `DPoP ${JWT}`, undefined, 'dpop'],
  ['a bound token and a key', `DPoP ${JWT}`, KEY, 'conflict'],
  ['a scheme without a value', 'Bearer', undefined, 'malformed'],
  ['a scheme with an empty value', 'Bearer ', undefined, 'malformed'],
  ['no scheme', JWT, undefined, 'malformed'],
  ['another scheme', 'Basic dXNlcjpwYXNz', undefined, 'malformed'],
  ['another scheme beside a key', 'Basic dXNlcjpwYXNz', KEY, 'malformed'],
  ['a broken key beside a token', `Bearer ${JWT}`, 'x y', 'malformed'],
  ['two values in one header', `Bearer ${JWT}, Bearer ${JWT}`, undefined, 'malformed'],
  ['characters no token has', 'Bearer lmk_abc<script>', undefined, 'malformed'],
  ['an empty API key', undefined, '', 'malformed'],
  ['a giant', `Bearer ${'a'.repeat(9000)}`, undefined, 'malformed'],
  ['a giant JWT', `Bearer ${JWT}${'a'.repeat(9000)}`, undefined, 'malformed'],
  ['a bound token that is none', 'DPoP nonsense', undefined, 'malformed'],
];

describe('presented credential', () => {
  for (const [name, authorization, apiKey, kind] of CASES) {
    it(`${name}: ${kind}`, () => assert.equal(readCredential(authorization, apiKey).kind, kind));
  }
});
