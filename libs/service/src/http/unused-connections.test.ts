import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, it } from 'node:test';
import { endUnusedConnections, watchConnections } from './unused-connections.js';

describe('connections on which nothing was sent', () => {
  it('are ended, and no other', { timeout: 10_000 }, async () => {
    const waiting: ServerResponse[] = [];
    const server = createServer((_request, response) => void waiting.push(response));
    watchConnections(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;

    const silent = connect(port, '127.0.0.1').on('error', () => {});
    const begun = connect(port, '127.0.0.1');
    begun.write('GET / HTTP/1.1\r\nHo');
    const asking = connect(port, '127.0.0.1');
    asking.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    while (waiting.length === 0) await new Promise(setImmediate);

    const closed = once(server, 'close');
    server.close();
    const gone = once(silent, 'close');
    endUnusedConnections(server);
    await gone;
    begun.write('st: x\r\n\r\n');
    while (waiting.length < 2) await new Promise(setImmediate);
    for (const response of waiting) response.end('answered');
    for (const socket of [begun, asking]) {
      const [answer] = (await once(socket, 'data')) as [Buffer];
      assert.match(String(answer), /answered/);
      socket.destroy();
    }
    await closed;
  });
});
