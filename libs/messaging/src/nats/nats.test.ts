import { randomUUID } from 'node:crypto';
import { after } from 'node:test';
import { startNats } from '@lumo/testing';
import { silentLogger } from '../logger.js';
import { eventBusContract } from '../testing/event-bus.contract.js';
import { rpcContract } from '../testing/rpc.contract.js';
import { createJetStreamEventBus } from './jetstream-bus.js';
import { type NatsLink, openNats } from './nats-link.js';
import { createNatsTransport } from './nats-rpc.js';

const server = await startNats({ jetstream: true });
const skip = server ? false : 'nats-server is not installed';
const links: NatsLink[] = [];

after(async () => {
  await Promise.all(links.map((link) => link.close()));
  await server?.stop();
});

async function link(): Promise<NatsLink> {
  const opened = openNats({ url: server?.url ?? '', name: 'test', logger: silentLogger });
  links.push(opened);
  await new Promise<void>((resolve) => opened.onUp(resolve));
  return opened;
}

/** Subjects of its own for every test. */
const prefix = () => `test-${randomUUID()}`;

rpcContract('NATS', async (options) => createNatsTransport({ ...options, prefix: prefix(), nats: await link() }), {
  skip,
});

eventBusContract(
  'JetStream',
  async (options) => createJetStreamEventBus({ ...options, prefix: prefix(), nats: await link() }),
  { skip },
);
