import { AsyncLocalStorage } from 'node:async_hooks';
import {
  ClientProxy,
  type CustomTransportStrategy,
  type ReadPacket,
  Server,
  type WritePacket,
} from '@nestjs/microservices';
import { type AnswerOptions, answersOf, type RpcAnswer } from './answer.js';
import { createRpc } from './create-rpc.js';
import { createInFlight, type InFlight } from './in-flight.js';
import { DRAIN_MS, type RpcTransport, type RpcTransportOptions } from './transport.js';
import type { RpcReply, RpcRequest } from './wire.js';

/** The answers of every service of this process by subject. */
type Hub = Map<string, RpcAnswer>;

/** The server side of a service in the process. It can be connected to a Nest app or listen on its own. */
export class InProcessServer extends Server implements CustomTransportStrategy {
  constructor(
    private readonly hub: Hub,
    private readonly inFlight: InFlight,
  ) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    const taken = [...this.messageHandlers.keys()].find((subject) => this.hub.has(subject));
    if (taken) {
      callback(new Error(`${taken} is answered already.`));
      return;
    }
    for (const [subject, handler] of this.messageHandlers) {
      this.hub.set(subject, (request) => this.inFlight.track(handler(request) as unknown as Promise<RpcReply>));
    }
    callback();
  }

  close(): void {
    for (const subject of this.messageHandlers.keys()) this.hub.delete(subject);
  }

  on(): void {}

  unwrap<T>(): T {
    return this.hub as T;
  }
}

/** The caller's side in the process. */
export class InProcessClient extends ClientProxy {
  /** Handlers start outside the caller's async context, as they do behind a network: nothing leaks but the headers. */
  private readonly outside = AsyncLocalStorage.snapshot();

  constructor(private readonly hub: Hub) {
    super();
  }

  async connect(): Promise<void> {}

  close(): void {}

  unwrap<T>(): T {
    return this.hub as T;
  }

  protected override publish(packet: ReadPacket<RpcRequest>, callback: (packet: WritePacket) => void): () => void {
    const answer = this.hub.get(packet.pattern);
    if (!answer) {
      callback({ err: new Error(`nobody answers ${packet.pattern}`) });
      return () => {};
    }
    this.outside(answer, packet.data).then(
      (response: RpcReply) => callback({ response, isDisposed: true }),
      (err: unknown) => callback({ err }),
    );
    return () => {};
  }

  protected override dispatchEvent(): Promise<never> {
    return Promise.reject(new Error('Events travel by the outbox, not by emit().'));
  }
}

/** One hub for all services of this process: the transport of standalone. */
export function createInProcessTransport(options: RpcTransportOptions): RpcTransport {
  const prefix = options.prefix ?? 'lumo';
  const hub: Hub = new Map();
  const inFlight = createInFlight();
  const proxy = new InProcessClient(hub);
  const servers: InProcessServer[] = [];
  const answerOptions: AnswerOptions = { ...options, prefix };
  return {
    async serve(implementations) {
      const server = new InProcessServer(hub, inFlight);
      for (const implementation of implementations) {
        for (const [subject, answer] of answersOf(implementation, answerOptions)) server.addHandler(subject, answer);
      }
      await new Promise<void>((resolve, reject) => {
        server.listen((error) => (error ? reject(error) : resolve()));
      });
      servers.push(server);
    },
    rpc: (caller) => createRpc(caller, { ...options, prefix, proxy }),
    async ping() {},
    async close() {
      for (const server of servers) server.close();
      await inFlight.settled(DRAIN_MS);
    },
  };
}
