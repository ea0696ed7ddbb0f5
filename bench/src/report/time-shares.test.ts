import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { timeShares } from './time-shares.js';

const frame = (id: number, functionName: string, url = '') => ({ id, callFrame: { functionName, url, lineNumber: 0 } });

describe('where the time goes', () => {
  it('sums self time by package and leaves waiting out', () => {
    const nodes = [
      frame(1, '(idle)'),
      frame(2, 'mint', 'file:///x/services/authn/dist/oidc/token.js'),
      frame(3, 'read', 'file:///x/services/authn/dist/store/rows.js'),
      frame(4, 'ctx', 'file:///x/node_modules/.pnpm/oidc-provider@9.0.0/node_modules/oidc-provider/lib/a.js'),
      frame(5, 'b', 'file:///x/node_modules/.pnpm/@nestjs+core@12.0.0/node_modules/@nestjs/core/a.js'),
      frame(6, '(garbage collector)'),
      frame(7, 'onread', 'node:internal/stream_base_commons'),
      frame(8, 'parse'),
    ];
    const profile = { nodes, samples: [1, 2, 3, 4, 5, 6, 7, 8], timeDeltas: [900, 20, 20, 30, 10, 5, 10, 5] };
    assert.deepEqual(timeShares(profile), [
      { where: 'services/authn', share: 0.4 },
      { where: 'oidc-provider', share: 0.3 },
      { where: '@nestjs/core', share: 0.1 },
      { where: 'node:stream_base_commons', share: 0.1 },
      { where: 'garbage collection', share: 0.05 },
      { where: 'JavaScript built-ins', share: 0.05 },
    ]);
  });
});
