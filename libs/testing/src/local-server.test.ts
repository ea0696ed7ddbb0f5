import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { findProgram, startLocalServer } from './local-server.js';
import { startNats } from './nats-server.js';
import { startRedis } from './redis-server.js';

const listens = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

describe('servers for tests', () => {
  for (const [name, start] of [
    ['redis-server', () => startRedis()],
    ['nats-server', () => startNats({ jetstream: true })],
  ] as const) {
    const installed = findProgram(name);
    it(`${name} starts, comes back after a kill on the same port, and is gone after stop`, async (test) => {
      if (!(await installed)) return test.skip(`${name} is not installed`);
      const server = await start();
      assert.ok(server);
      assert.equal(await listens(server.port), true);
      await server.kill();
      assert.equal(await listens(server.port), false);
      await server.start();
      assert.equal(await listens(server.port), true);
      await server.stop();
      assert.equal(await listens(server.port), false);
    });
  }

  it('a program that is not installed is no server, and with CI=true an error', async () => {
    const program = { name: 'no-such-server', url: () => '', args: () => [] };
    const before = process.env.CI;
    try {
      delete process.env.CI;
      assert.equal(await startLocalServer(program), undefined);
      process.env.CI = 'true';
      await assert.rejects(startLocalServer(program), /no-such-server is not installed/);
    } finally {
      if (before === undefined) delete process.env.CI;
      else process.env.CI = before;
    }
  });

  it('a program that ends at once is an error that names it', async () => {
    const program = { name: 'redis-server', url: () => '', args: () => ['--no-such-option'] };
    if (!(await findProgram('redis-server'))) return;
    await assert.rejects(startLocalServer(program), /redis-server ended before it listened/);
  });
});
