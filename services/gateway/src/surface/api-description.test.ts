import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fakeClock } from '@lumo/testing';
import { createApiDescription } from './api-description.js';

describe('API description', () => {
  const setUp = () => {
    const clock = fakeClock();
    const state = { asked: 0, down: false };
    const describeApi = createApiDescription({
      baseUrl: 'http://localhost:8000',
      version: '1.0.0',
      upstreams: ['authn', 'authz'],
      clock,
      forwarder: {
        async get(upstream) {
          state.asked += 1;
          if (state.down && upstream === 'authz') throw new Error('down');
          return { status: 200, body: JSON.stringify({ paths: { [`/${upstream}`]: {} } }) };
        },
      },
    });
    const read = async () => JSON.parse(String((await describeApi()).body)) as Record<string, unknown>;
    return { clock, state, read };
  };

  it('is collected once a minute, and once for all who wait', async () => {
    const { clock, state, read } = setUp();
    await Promise.all([read(), read(), read()]);
    clock.advance(59_999);
    await read();
    assert.equal(state.asked, 2);
    clock.advance(1);
    await read();
    assert.equal(state.asked, 4);
  });

  it('names a service that was down, and asks again soon', async () => {
    const { clock, state, read } = setUp();
    state.down = true;
    assert.deepEqual((await read())['x-lumo-unavailable'], ['authz']);
    state.down = false;
    clock.advance(2000);
    assert.deepEqual(Object.keys((await read()).paths as object), ['/authn', '/authz']);
  });
});
