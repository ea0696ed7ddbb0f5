import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { createTestAuthority } from './certificates.js';

describe('certificates of a test authority', () => {
  it('are accepted by who trusts it, for the names they are for', async () => {
    const authority = await createTestAuthority();
    const { cert, key } = await authority.issue({ name: 'app', dnsNames: ['app.example'], addresses: ['127.0.0.1'] });
    assert.equal(new X509Certificate(cert).checkIssued(new X509Certificate(authority.cert)), true);
    const server = createServer({ cert, key }, (_request, response) => response.end('ok')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const get = (options: object) =>
      new Promise<number | undefined>((resolve, reject) => {
        request({ host: '127.0.0.1', port, agent: false, ...options }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
    try {
      assert.equal(await get({ ca: authority.cert }), 200);
      assert.equal(await get({ ca: authority.cert, servername: 'app.example' }), 200);
      await assert.rejects(get({ ca: authority.cert, servername: 'other.example' }), /altnames/);
      await assert.rejects(get({}), /unable to verify|issuer/);
    } finally {
      server.close();
    }
  });

  it('carry URIs and their own time', async () => {
    const authority = await createTestAuthority();
    const notAfter = new Date(Date.now() - 1000);
    const { cert } = await authority.issue({ name: 'workload', uris: ['spiffe://example/ns/a'], notAfter });
    const read = new X509Certificate(cert);
    assert.match(read.subjectAltName ?? '', /spiffe:\/\/example\/ns\/a/);
    assert.ok(read.validToDate.getTime() < Date.now());
  });
});
