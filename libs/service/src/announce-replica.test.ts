import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createInProcessBroadcast, silentLogger } from '@lumo/messaging';
import { announceReplica, reachableUrl } from './announce-replica.js';
import { decodeReplicaNews, type ReplicaNews } from './replica-news.js';

describe('a replica announces itself', () => {
  it('at once, again and again, and says goodbye last', async () => {
    const transport = createInProcessBroadcast({ logger: silentLogger });
    const heard: ReplicaNews[] = [];
    transport.as('gateway').subscribe('replica.alive', (body) => {
      const news = decodeReplicaNews(body);
      if (news) heard.push(news);
    });
    const url = 'http://10.0.0.1:8002';
    const broadcast = transport.as('authz');
    const announcement = announceReplica({ broadcast, service: 'authz', url, everyMs: 5, goodbyeMs: 30 });
    await delay(0);
    assert.equal(heard.length, 1);
    while (heard.length < 4) await delay(5);
    await announcement.leave();
    const states = heard.map(({ state }) => state);
    assert.equal(states.pop(), 'gone');
    assert.ok(states.every((state) => state === 'up'));
    assert.ok(heard.every((news, n) => n === 0 || news.at > (heard[n - 1]?.at ?? 0)));
    assert.deepEqual([...new Set(heard.map((news) => `${news.service} ${news.url}`))], [`authz ${url}`]);
    assert.equal(new Set(heard.map(({ instance }) => instance)).size, 1);
  });

  it('reads nothing where something else was said', () => {
    for (const text of ['', '{}', '[]', 'null', '{"service":"authz","instance":"i","url":"x","at":1,"state":"up"}'])
      assert.equal(decodeReplicaNews(Buffer.from(text)), undefined, text);
  });

  it('under the address it listens on, or one that is reached from outside', () => {
    assert.equal(reachableUrl('127.0.0.1', 8002), 'http://127.0.0.1:8002');
    assert.equal(reachableUrl('authz-0.authz', 8002), 'http://authz-0.authz:8002');
    assert.equal(reachableUrl('::1', 8002), 'http://[::1]:8002');
    assert.ok(URL.canParse(reachableUrl('0.0.0.0', 8002)));
    assert.doesNotMatch(reachableUrl('0.0.0.0', 8002), /0\.0\.0\.0/);
  });
});
