import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { startTestGateway, type TestGateway } from './testing/test-gateway.js';

/** A watch that says something every now and then until nobody listens any more. */
const KEY = 'lmk_streams';

describe('streams of events', () => {
  let gateway: TestGateway;
  const sources: PassThrough[] = [];
  const closed: Promise<void>[] = [];

  before(async () => {
    gateway = await startTestGateway({
      prepare: (service, name) => {
        if (name !== 'authz') return;
        service.addContentTypeParser('application/x-ndjson', (_request, payload, done) => done(null, payload));
        service.get('/orgs/:org/api/v1/relations/watch', (_request, reply) => {
          const source = new PassThrough();
          const timer = setInterval(() => source.write('data: 1\n\n'), 20);
          sources.push(source);
          closed.push(
            new Promise((resolve) => {
              reply.raw.once('close', () => {
                clearInterval(timer);
                source.destroy();
                resolve();
              });
            }),
          );
          return reply.type('text/event-stream').send(source);
        });
        service.post('/orgs/:org/api/v1/relations/checks', async (request) => {
          let bytes = 0;
          for await (const chunk of request.body as AsyncIterable<Buffer>) bytes += chunk.length;
          return { bytes };
        });
      },
    });
    gateway.identity.addApiKey(KEY, { org: gateway.identity.acme, keyId: 'key_1', scopes: ['admin:read'] });
  });

  const watch = (credential: Record<string, string>) =>
    fetch(`${gateway.url}/orgs/acme-corp/api/v1/relations/watch`, {
      headers: { ...credential, host: 'localhost:8000' },
    });
  const readToEnd = async (response: Response): Promise<string> => response.text();

  it('go on while their credential is good', { timeout: 20_000 }, async () => {
    const reader = (await watch({ 'x-api-key': KEY })).body?.getReader();
    assert.ok(reader);
    for (const until = Date.now() + 2500; Date.now() < until; ) {
      const { done } = await reader.read();
      assert.equal(done, false);
    }
    await reader.cancel();
    await closed[0];
  });

  it('end, whole, when the key is deleted', { timeout: 20_000 }, async () => {
    gateway.identity.addApiKey('lmk_gone', { org: gateway.identity.acme, keyId: 'key_2', scopes: [] });
    const response = await watch({ 'x-api-key': 'lmk_gone' });
    gateway.identity.removeApiKey('lmk_gone');
    assert.match(await readToEnd(response), /^(?:data: 1\n\n)+$/);
    await closed[1];
  });

  it('end, whole, when the token expires', { timeout: 20_000 }, async () => {
    const now = Math.floor(Date.now() / 1000);
    const token = await gateway.identity.mint(gateway.identity.acme, { exp: now + 2 });
    const response = await watch({ authorization: `Bearer ${token}` });
    assert.equal(response.status, 200);
    assert.match(await readToEnd(response), /^(?:data: 1\n\n)+$/);
  });

  it('a route whose bodies are read piece by piece takes larger ones, and no other does', async () => {
    const body = 'x'.repeat(3 * 1024 * 1024);
    const headers = { 'x-api-key': KEY, 'content-type': 'application/x-ndjson', host: 'localhost:8000' };
    const send = (path: string) =>
      fetch(`${gateway.url}/orgs/acme-corp/api/v1${path}`, { method: 'POST', body, headers }).then(
        async (answer) => [answer.status, await answer.text()] as const,
      );
    assert.deepEqual(await send('/relations/checks'), [200, JSON.stringify({ bytes: body.length })]);
    assert.equal((await send('/relations/check'))[0], 413);
  });

  after(async () => {
    const response = await watch({ 'x-api-key': KEY });
    const reading = readToEnd(response);
    const startedAt = Date.now();
    await gateway.close();
    assert.match(await reading, /^(?:data: 1\n\n)*$/, 'a stop ends streams whole');
    assert.ok(Date.now() - startedAt < 5000, 'a stop does not wait for streams');
  });
});
