import { type Msg, type NatsConnection, headers as natsHeaders, type Subscription } from '@nats-io/transport-node';
import {
  ClientProxy,
  type CustomTransportStrategy,
  type ReadPacket,
  Server,
  type WritePacket,
} from '@nestjs/microservices';
import { type AnswerOptions, answersOf, type RpcAnswer } from '../rpc/answer.js';
import { serviceOf } from '../rpc/callable.js';
import { createRpc, DEFAULT_DEADLINE_MS } from '../rpc/create-rpc.js';
import { createInFlight, type InFlight } from '../rpc/in-flight.js';
import { DRAIN_MS, type RpcTransport, type RpcTransportOptions } from '../rpc/transport.js';
import { DEADLINE_HEADER, type RpcReply, type RpcRequest } from '../rpc/wire.js';
import type { NatsLink } from './nats-link.js';

/** Present on an answer that is a refusal. */
const REFUSED_HEADER = 'x-lumo-refused';

/** The server side of services on NATS: one subscription per method, one queue group per service. */
export class NatsServer extends Server implements CustomTransportStrategy {
  private subscriptions: Subscription[] = [];
  private closed = false;

  constructor(
    private readonly link: NatsLink,
    private readonly inFlight: InFlight,
  ) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    this.link.onConnection((connection) => this.subscribe(connection));
    callback();
  }

  private subscribe(connection: NatsConnection): void {
    if (this.closed) return;
    this.subscriptions = [...this.messageHandlers].map(([subject, handler]) => {
      // The handlers of this strategy are answers: `serve` registers nothing else.
      const answer = handler as unknown as RpcAnswer;
      return connection.subscribe(subject, {
        queue: String(handler.extras?.queue),
        callback: (error, message) => {
          if (!error) void this.inFlight.track(respond(message, answer));
        },
      });
    });
  }

  /** Takes no new call; those that arrived are answered. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    if (this.link.connection) await Promise.all(this.subscriptions.map((subscription) => subscription.drain()));
    else for (const subscription of this.subscriptions) subscription.unsubscribe();
  }

  on(): void {}

  unwrap<T>(): T {
    return this.link as T;
  }
}

async function respond(message: Msg, answer: RpcAnswer): Promise<void> {
  const headers: Record<string, string> = {};
  for (const [name, values] of message.headers ?? []) headers[name] = values[0] ?? '';
  const reply = await answer({ headers, body: message.data });
  if (!reply.refused) {
    message.respond(reply.body);
    return;
  }
  const refused = natsHeaders();
  refused.set(REFUSED_HEADER, '1');
  message.respond(reply.body, { headers: refused });
}

/** The caller's side on NATS. */
export class NatsClient extends ClientProxy {
  constructor(private readonly link: NatsLink) {
    super();
  }

  async connect(): Promise<void> {}

  close(): void {}

  unwrap<T>(): T {
    return this.link as T;
  }

  protected override publish(packet: ReadPacket<RpcRequest>, callback: (packet: WritePacket) => void): () => void {
    const { connection } = this.link;
    if (!connection) {
      // The client library would keep the call until NATS is back: an answer that nobody waits for any more.
      callback({ err: new Error('NATS is not connected') });
      return () => {};
    }
    const headers = natsHeaders();
    for (const [name, value] of Object.entries(packet.data.headers)) headers.set(name, value);
    const remainingMs = Number(packet.data.headers[DEADLINE_HEADER]) - Date.now();
    const timeout = Math.max(1, Number.isNaN(remainingMs) ? DEFAULT_DEADLINE_MS : remainingMs);
    connection.request(packet.pattern, packet.data.body, { timeout, headers }).then(
      (message) => {
        const response: RpcReply = { refused: message.headers?.has(REFUSED_HEADER) ?? false, body: message.data };
        callback({ response, isDisposed: true });
      },
      (err: unknown) => callback({ err }),
    );
    return () => {};
  }

  protected override dispatchEvent(): Promise<never> {
    return Promise.reject(new Error('Events travel by the outbox, not by emit().'));
  }
}

/** Calls over NATS request and reply. The link stays open at `close()`: it belongs to whoever opened it. */
export function createNatsTransport(options: RpcTransportOptions & { readonly nats: NatsLink }): RpcTransport {
  const prefix = options.prefix ?? 'lumo';
  const { nats } = options;
  const proxy = new NatsClient(nats);
  const inFlight = createInFlight();
  const servers: NatsServer[] = [];
  const served = new Set<string>();
  const answerOptions: AnswerOptions = { ...options, prefix };
  return {
    async serve(implementations) {
      const server = new NatsServer(nats, inFlight);
      for (const implementation of implementations) {
        const { typeName } = implementation.service;
        if (served.has(typeName)) throw new Error(`${typeName} is answered already.`);
        served.add(typeName);
        const queue = `${prefix}-${serviceOf(typeName)}`;
        for (const [subject, answer] of answersOf(implementation, answerOptions)) {
          server.addHandler(subject, answer, false, { queue });
        }
      }
      await new Promise<void>((resolve, reject) => {
        server.listen((error) => (error ? reject(error) : resolve()));
      });
      servers.push(server);
    },
    rpc: (caller) => createRpc(caller, { ...options, prefix, proxy }),
    ping: () => nats.ping(),
    async close() {
      await Promise.all(servers.map((server) => server.close()));
      await inFlight.settled(DRAIN_MS);
    },
  };
}
