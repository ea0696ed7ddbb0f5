import { BROADCASTS, type BroadcastTopic, type ServiceName } from '@lumo/contracts';
import { MAX_BROADCAST_BYTES } from './broadcast.js';

/** Throws where the topology does not let the service speak on the topic (`from`) or hear it (`to`): a bug. */
export function requireTopic(service: ServiceName, side: 'from' | 'to', topic: BroadcastTopic): void {
  const services: readonly ServiceName[] = BROADCASTS[topic][side];
  if (services.includes(service)) return;
  const does = side === 'from' ? 'publish' : 'subscribe to';
  throw new Error(`The topology does not let ${service} ${does} ${topic}: see BROADCASTS of @lumo/contracts.`);
}

export function requireSize(topic: BroadcastTopic, body: Uint8Array): void {
  if (body.length <= MAX_BROADCAST_BYTES) return;
  throw new RangeError(`a message of ${body.length} bytes on ${topic}: at most ${MAX_BROADCAST_BYTES} can travel`);
}
