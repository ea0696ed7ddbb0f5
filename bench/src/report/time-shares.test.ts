import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { timeShares } from './time-shares.js';

const frame = (id: number, functionName: string, url = '', children: readonly number[] = []) => ({
  id,
  callFrame: { functionName, url, lineNumber: 0 },
  children,
});

describe('where the time goes', () => {
  it('sums self time by package, gives built-ins to their caller and leaves waiting out', () => {
    const nodes = [
      frame(1, '(root)', '', [2, 3, 6, 7, 9]),
      frame(2, '(idle)'),
      frame(3, 'mint', 'file:///x/services/authn/dist/oidc/token.js', [4, 5]),
      frame(4, 'JSON.stringify'),
      frame(5, 'ctx', 'file:///x/node_modules/.pnpm/oidc-provider@9.0.0/node_modules/oidc-provider/lib/a.js'),
      frame(6, '(garbage collector)'),
      frame(7, 'handleWriteReq', 'node:internal/stream_base_commons', [8]),
      frame(8, 'writeUtf8String'),
      frame(9, 'b', 'file:///x/node_modules/.pnpm/@nestjs+core@12.0.0/node_modules/@nestjs/core/a.js'),
    ];
    const profile = { nodes, samples: [2, 3, 4, 5, 6, 7, 8, 9], timeDeltas: [900, 20, 20, 30, 5, 5, 10, 10] };
    assert.deepEqual(timeShares(profile), [
      { where: 'services/authn', share: 0.4 },
      { where: 'oidc-provider', share: 0.3 },
      { where: 'node:stream', share: 0.15 },
      { where: '@nestjs/core', share: 0.1 },
      { where: 'garbage collection', share: 0.05 },
    ]);
  });

  it('of an empty profile is nothing', () => {
    assert.deepEqual(timeShares({ nodes: [], samples: [], timeDeltas: [] }), []);
  });
});
