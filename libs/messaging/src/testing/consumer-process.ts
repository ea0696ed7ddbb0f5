import { openDatabase } from '@lumo/database';
import type { EventBus, EventBusOptions } from '../events/bus.js';
import { createInProcessEventBus } from '../events/in-process-bus.js';
import { createPublisher } from '../events/publisher.js';
import { silentLogger } from '../logger.js';
import { noMetrics } from '../metrics.js';
import { createJetStreamEventBus } from '../nats/jetstream-bus.js';
import { openNats } from '../nats/nats-link.js';
import { noteApplied } from './event-stage.js';

/** What the process is told by its first argument, as JSON. */
export interface ConsumerProcessOrder {
  readonly agentsUrl: string;
  readonly auditUrl: string;
  /** JetStream where given, else in process. */
  readonly nats?: { readonly url: string; readonly prefix: string; readonly ackWaitSeconds: number };
  /** Where the process kills itself: while the transaction is open, or when it is committed and nobody knows it yet. */
  readonly die: 'in transaction' | 'after commit';
  /** How many events it applies before. */
  readonly after: number;
}

/** A process that relays for `agents`, consumes for `audit`, and dies in the middle of it as by `kill -9`. */
const order = JSON.parse(process.argv[2] ?? '{}') as ConsumerProcessOrder;
const audit = openDatabase<unknown>({ url: order.auditUrl, applicationName: 'consumer process' });
const agents = openDatabase<unknown>({ url: order.agentsUrl, applicationName: 'consumer process' });
let applied = 0;

const die = () => process.kill(process.pid, 'SIGKILL');
const options: EventBusOptions = {
  logger: silentLogger,
  subscriptions: { audit: ['*'] },
  metrics: {
    ...noMetrics,
    eventsApplied(_, count) {
      applied += count;
      if (order.die === 'after commit' && applied > order.after) die();
    },
  },
};
const bus: EventBus = order.nats
  ? createJetStreamEventBus({
      ...options,
      ...order.nats,
      nats: openNats({ ...order.nats, name: 'test', logger: silentLogger }),
    })
  : createInProcessEventBus(options);
bus.publish(createPublisher({ service: 'agents', database: agents, logger: silentLogger }));
bus.subscribe({
  service: 'audit',
  database: audit,
  consumers: {
    '*': async (events, tx) => {
      await noteApplied(events, tx);
      if (order.die === 'in transaction' && applied + events.length > order.after) die();
    },
  },
});
await bus.start();
