import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HttpClient, Send } from '../load/http-client.js';
import { createBrowser } from './browser.js';

/** Answers each request with the next list of `Set-Cookie` lines and keeps what was sent. */
function server(...answers: readonly (readonly string[])[]) {
  const sent: (string | undefined)[] = [];
  const send = async ({ headers }: Send) => {
    sent.push(headers?.cookie);
    return { status: 200, headers: { 'set-cookie': [...(answers[sent.length - 1] ?? [])] }, text: '' };
  };
  return { sent, http: { send } as unknown as HttpClient };
}

const get = (path: string): Send => ({ method: 'GET', path });

describe('cookies of the load generator', () => {
  it('are sent below their path', async () => {
    const { sent, http } = server(['a=1; Path=/; HttpOnly', 'b=2; path=/deep']);
    const browser = createBrowser(http);
    for (const path of ['/', '/', '/deep/er']) await browser.send(get(path));
    assert.deepEqual(sent, [undefined, 'a=1', 'a=1; b=2']);
  });

  it('are replaced, and forgotten when they expire', async () => {
    const { sent, http } = server(
      ['a=1; path=/'],
      ['a=2; path=/'],
      ['a=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT'],
    );
    const browser = createBrowser(http);
    for (let i = 0; i < 4; i++) await browser.send(get('/'));
    assert.deepEqual(sent, [undefined, 'a=1', 'a=2', undefined]);
  });
});
