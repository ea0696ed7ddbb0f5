import type { Broadcast } from '@lumo/messaging';
import { decodeReplicaNews } from '@lumo/service';
import type { Logger } from 'pino';
import { createReplicaView } from '../core/replica-view.js';
import type { Replicas } from './destinations.js';

/** Follows what replicas say of themselves. */
export function hearReplicas(broadcast: Broadcast<'gateway'>, logger: Logger): Replicas {
  const view = createReplicaView();
  broadcast.subscribe('replica.alive', (body) => {
    const news = decodeReplicaNews(body);
    const change = news && view.hear(news, Date.now());
    if (!change) return;
    const { service, instance, url } = news;
    logger.info({ replica: service, instance, url }, change === 'came' ? 'a replica came' : 'a replica left');
  });
  return {
    live: (upstream) => view.live(upstream),
    refused: (url) => view.refused(url),
  };
}
