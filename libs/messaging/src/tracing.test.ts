import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { authzV1 } from '@lumo/contracts';
import { createContextCodec, runInContext } from '@lumo/tenancy';
import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { createInProcessEventBus } from './events/in-process-bus.js';
import { createPublisher } from './events/publisher.js';
import { createJobQueue } from './jobs/create-job-queue.js';
import type { JobBackend, JobInHand } from './jobs/job-backend.js';
import { silentLogger } from './logger.js';
import { createInProcessTransport } from './rpc/in-process.js';
import { authzStandIn } from './testing/authz-stand-in.js';
import { contextOf, type EventStage, newOrg, noteApplied, openEventStage } from './testing/event-stage.js';
import { recordMetrics } from './testing/recorded-metrics.js';

describe('the trace of a request (W3C trace context)', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const codec = createContextCodec(Buffer.alloc(32, 7));
  let stage: EventStage;

  before(async () => {
    provider.register();
    stage = await openEventStage();
  });
  after(async () => {
    await stage.close();
    await provider.shutdown();
    trace.disable();
  });

  /** Runs `work` inside a span, in the context of an org; answers the id of its trace. */
  async function inTrace(work: () => Promise<unknown>): Promise<string> {
    return trace.getTracer('test').startActiveSpan('request', async (span) => {
      await runInContext(contextOf(newOrg('acme')), work);
      span.end();
      return span.spanContext().traceId;
    });
  }

  const currentTrace = () => trace.getActiveSpan()?.spanContext().traceId;

  it('goes on in the handler of a call, as a child of the call', async () => {
    const transport = createInProcessTransport({ codec, logger: silentLogger });
    let seen: string | undefined;
    await transport.serve([
      authzStandIn({
        check: async () => {
          seen = currentTrace();
          return {};
        },
      }),
    ]);
    const authz = transport.rpc('agents').client(authzV1.AuthzService);
    assert.equal(await inTrace(() => authz.check({})), seen);
    await provider.forceFlush();
    const spans = exporter.getFinishedSpans().filter(({ name }) => name === 'lumo.authz.v1.AuthzService/Check');
    const [server, client] = spans;
    assert.equal(spans.length, 2);
    assert.equal(server?.parentSpanContext?.spanId, client?.spanContext().spanId);
    await transport.close();
  });

  it('goes on in the consumer of an event, and stands in the event', async () => {
    const metrics = recordMetrics();
    const bus = createInProcessEventBus({ logger: silentLogger, metrics, subscriptions: { audit: ['*'] } });
    const publisher = createPublisher({ service: 'agents', database: stage.database('agents'), logger: silentLogger });
    const seen: (string | undefined)[] = [];
    bus.publish(publisher);
    bus.subscribe({
      service: 'audit',
      database: stage.database('audit'),
      consumers: {
        '*': async (events, tx) => {
          seen.push(currentTrace(), events[0]?.traceId);
          await noteApplied(events, tx);
        },
      },
    });
    await bus.start();
    const traceId = await inTrace(() =>
      publisher.database.db.transaction().execute((tx) => publisher.outbox.append(tx, { name: 'agent.created' })),
    );
    await bus.drain();
    await metrics.reached('applied', 'audit', 1);
    assert.deepEqual(seen, [traceId, traceId]);
    await bus.close();
  });

  it('goes on in a job', async () => {
    let run: ((job: JobInHand) => Promise<void>) | undefined;
    const backend: JobBackend = {
      add: async (_, data) => run?.({ id: '1', data, attempt: 1, lastAttempt: false }),
      addOncePer: async () => {},
      process: async (_, handler) => {
        run = handler;
      },
      ping: async () => {},
      close: async () => {},
    };
    const jobs = createJobQueue(backend, { service: 'authn', codec, logger: silentLogger });
    let seen: string | undefined;
    await jobs.work('mail', async () => {
      seen = currentTrace();
    });
    assert.equal(await inTrace(() => jobs.enqueue('mail', null)), seen);
  });
});
