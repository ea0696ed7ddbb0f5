import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { busyTicks, descendants, type ProcessStat, parseStat, readUsage } from './process-tree.js';

describe('usage of a process tree', () => {
  it('reads a line whose name has spaces and parentheses', () => {
    const line = '42 (postgres: (io) worker) S 7 42 42 0 -1 4194560 100 0 0 0 30 12 5 6 20 0 1 0 900';
    assert.deepEqual(parseStat(line), { pid: 42, parent: 7, own: 42, endedChildren: 11 });
  });

  it('has nothing to say of a process that is gone', () => assert.equal(parseStat(''), undefined));

  it('finds children of children', () => {
    const stat = (pid: number, parent: number): ProcessStat => ({ pid, parent, own: 0, endedChildren: 0 });
    const found = descendants([stat(1, 0), stat(2, 1), stat(3, 2), stat(4, 9)], 1);
    assert.deepEqual(
      found.map(({ pid }) => pid),
      [2, 3],
    );
  });

  it('takes waiting for idle', () => {
    assert.equal(busyTicks('cpu  10 1 5 1000 500 2 3 99 0 0\ncpu0 1 1 1 1\n'), 21);
  });

  it('sees its own process', { skip: process.platform !== 'linux' && 'needs /proc' }, () => {
    const usage = readUsage(process.pid);
    assert.ok(usage);
    assert.ok(usage.node.rssBytes > 10_000_000 && usage.node.peakRssBytes >= usage.node.rssBytes);
    assert.ok(usage.machineCpuSeconds > usage.node.cpuSeconds);
  });
});
