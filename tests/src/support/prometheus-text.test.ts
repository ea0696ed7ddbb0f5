import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkPrometheusText } from './prometheus-text.js';

const GOOD = `# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{route="/a",text="quote \\" and \\\\ and \\n"} 3
requests_total{route="/b"} 0
# HELP memory_bytes Memory.
# TYPE memory_bytes gauge
memory_bytes 1.5e+08
# HELP seconds Time.
# TYPE seconds histogram
seconds_bucket{le="0.1"} 1
seconds_bucket{le="+Inf"} 2
seconds_sum 0.3
seconds_count 2
`;

describe('the exposition format of Prometheus', () => {
  it('accepts a text in order', () => assert.deepEqual(checkPrometheusText(GOOD), []));

  const wrong: readonly (readonly [string, string, string, RegExp])[] = [
    ['no end of the last line', 'count 2\n', 'count 2', /last line/],
    ['no TYPE', '# TYPE memory_bytes gauge\n', '', /no TYPE/],
    ['no HELP', '# HELP memory_bytes Memory.\n', '', /no HELP/],
    ['a counter of another name', 'requests_total', 'requests', /_total/],
    [
      'a series twice',
      'requests_total{route="/b"}',
      'requests_total{text="quote \\" and \\\\ and \\n",route="/a"}',
      /twice/,
    ],
    ['a label without quotes', 'route="/b"', 'route=/b', /labels/],
    ['a value that is none', 'memory_bytes 1.5e+08', 'memory_bytes undefined', /value/],
    ['a counter below zero', '{route="/b"} 0', '{route="/b"} -1', /below zero/],
    ['a histogram without +Inf', '+Inf', '5', /\+Inf/],
    ['a histogram that falls', 'le="0.1"} 1', 'le="0.1"} 3', /rise/],
    ['a count that is not the last bucket', 'seconds_count 2', 'seconds_count 3', /not the count/],
    ['lines apart', '# HELP memory_bytes', 'seconds_total 1\n# HELP memory_bytes', /no TYPE/],
  ];
  for (const [what, from, to, why] of wrong) {
    it(`refuses ${what}`, () => {
      const text = GOOD.replaceAll(from, to);
      assert.notEqual(text, GOOD);
      assert.match(checkPrometheusText(text).join('\n'), why);
    });
  }
});
