import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileCondition } from './compile-condition.js';
import { condition, definition } from './condition.fixture.js';

type Types = Readonly<Record<string, string>>;
const answer = (expression: string, types: Types, request: object, stored?: object) => {
  const outcome = condition(expression, types).evaluate(stored as never, request as never);
  return outcome.ok ? outcome.value : outcome.error.detail;
};

describe('a condition that is none', () => {
  const cases: readonly [title: string, expression: string, types: Types, detail: RegExp][] = [
    ['empty', ' ', {}, /the expression is empty/],
    ['half', 'x <', { x: 'int' }, /cannot be read: line 1:3/],
    ['of another type than bool', 'x + 1', { x: 'int' }, /of type int, not bool/],
    ['of no certain type', 'x.y', { x: 'any' }, /of type dyn, not bool/],
    ['over what is no parameter', 'x < 1 && y', { x: 'int' }, /'y' is no parameter.*column 10/],
    ['comparing types that are never comparable', 'x < "a"', { x: 'int' }, /'<' does not take \(int, string\)/],
    ['with a function that does not exist', 'shell(x)', { x: 'string' }, /no function 'shell'/],
    ['named like a member of every object', 'constructor == 1', {}, /'constructor' is no parameter/],
    ['with a literal address range that is none', 'x.in_cidr("10.0.0.0/33")', { x: 'ipaddress' }, /no range of IP/],
    ['with a literal regular expression that is none', 'x.matches("(")', { x: 'string' }, /no regular expression/],
    ['with backreferences, which take exponential time', 'x.matches("(a)\\\\1")', { x: 'string' }, /no regular expr/],
    ['with a regular expression that repeats too much', 'x.matches("a{999}b{999}")', { x: 'string' }, /at most 1000/],
    ['too long', `true ${'|| true '.repeat(600)}`, {}, /characters, more than 4096/],
    ['with too many brackets', `${'('.repeat(99)}true${')'.repeat(99)}`, {}, /more than 48 brackets/],
    ['too deep', `${'1 + '.repeat(999)}1 == 1`, {}, /more than 200 operations/],
    ['with a message', 'google.protobuf.Duration{} == x', { x: 'duration' }, /no message type/],
    ['with a type of parameter that does not exist', 'true', { x: 'bytes' }, /no type of a parameter/],
    ['with a list of nothing', 'true', { x: 'list' }, /has one of generic_types/],
    ['with a scalar of something', 'true', { x: 'int<int>' }, /has no generic_types/],
    ['with a parameter whose name no expression can say', 'true', { 'a b': 'int' }, /no name of a parameter/],
  ];
  for (const [title, expression, types, detail] of cases) {
    it(title, () => {
      const compiled = compileCondition(definition(expression, types));
      assert.match(compiled.ok ? 'compiled' : compiled.error, detail);
    });
  }
});

describe('parameters, authz-engine.md 3.1', () => {
  const max = '9223372036854775807';
  const cases: readonly [type: string, value: unknown, expression: string, expected: boolean | RegExp][] = [
    ['bool', true, 'x', true],
    ['bool', 'true', 'x', /bool is expected, not "true"/],
    ['bool', 1, 'x', /bool is expected, not 1/],
    ['bool', null, 'x', /bool is expected, not null/],
    ['string', 'a', 'x == "a"', true],
    ['string', 1, 'x == "1"', /string is expected, not 1/],
    ['int', 1, 'x == 1', true],
    ['int', 1.0, 'x == 1', true],
    ['int', '1', 'x == 1', true],
    ['int', '1.0', 'x == 1', true],
    ['int', '1e2', 'x == 100', true],
    ['int', '10e-1', 'x == 1', true],
    ['int', '-0', 'x == 0', true],
    ['int', '1.5', 'x == 1', /whole number/],
    ['int', 1.5, 'x == 1', /whole number/],
    ['int', '1e-1', 'x == 0', /whole number/],
    ['int', '0x10', 'x == 16', /int is expected/],
    ['int', '', 'x == 0', /int is expected/],
    ['int', ' 1', 'x == 1', /int is expected/],
    ['int', '1_000', 'x == 1000', /int is expected/],
    ['int', true, 'x == 1', /int is expected/],
    ['int', [1], 'x == 1', /int is expected, not a list/],
    ['int', max, `x == ${max}`, true],
    ['int', `-${max}`, `x == -${max}`, true],
    ['int', '-9223372036854775808', 'x < -9223372036854775807', true],
    ['int', '9223372036854775808', 'x > 0', /out of the range of int/],
    ['int', 2 ** 63, 'x > 0', /out of the range of int/],
    ['int', '1e9999', 'x > 0', /out of the range of int/],
    ['int', '0e9999', 'x == 0', true],
    ['uint', 1, 'x == 1u', true],
    ['uint', -1, 'x == 1u', /out of the range of uint/],
    ['uint', '18446744073709551615', 'x == 18446744073709551615u', true],
    ['uint', '18446744073709551616', 'x > 0u', /out of the range of uint/],
    ['double', 0.1, 'x == 0.1', true],
    ['double', '0.5', 'x == 0.5', true],
    ['double', '-1.25e3', 'x == -1250.0', true],
    ['double', '0.1', 'x == 0.1', /no double exactly/],
    ['double', '9007199254740993', 'x > 0.0', /no double exactly/],
    ['double', '1e309', 'x > 0.0', /out of the range of double/],
    ['double', '-1e309', 'x > 0.0', /out of the range of double/],
    ['double', Number.POSITIVE_INFINITY, 'x > 0.0', /out of the range of double/],
    ['double', '5e-324', 'x > 0.0', /no double exactly/],
    ['double', '1e-999', 'x == 0.0', /no double exactly/],
    ['double', 'NaN', 'x > 0.0', /double is expected/],
    ['double', 'Infinity', 'x > 0.0', /double is expected/],
    ['timestamp', '2023-10-11T10:00:00Z', 'x == timestamp("2023-10-11T12:00:00+02:00")', true],
    ['timestamp', '2023-10-11T10:00:00.000000001Z', 'x > timestamp("2023-10-11T10:00:00Z")', true],
    ['timestamp', '0001-01-01T00:00:00Z', 'x.getFullYear() == 1', true],
    ['timestamp', '2024-02-29T00:00:00Z', 'x.getDayOfYear() == 59', true],
    ['timestamp', '2023-02-29T00:00:00Z', 'true', /no moment of the calendar/],
    ['timestamp', '2023-10-11 10:00:00Z', 'true', /no timestamp of RFC 3339/],
    ['timestamp', '2023-10-11T10:00:00', 'true', /no timestamp of RFC 3339/],
    ['timestamp', 1_697_018_400, 'true', /timestamp is expected, not 1697018400/],
    ['duration', '1h30m', 'x == duration("90m")', true],
    ['duration', '-1.5s', 'x == duration("-1500ms")', true],
    ['duration', '1µs', 'x == duration("1000ns")', true],
    ['duration', '0', 'x == duration("0s")', true],
    ['duration', '1', 'true', /no duration/],
    ['duration', '1d', 'true', /no duration/],
    ['duration', '', 'true', /no duration/],
    ['duration', '300000h', 'true', true],
    ['duration', '3000000h', 'true', /at most about 292 years/],
    ['ipaddress', '10.1.2.3', 'x.in_cidr("10.0.0.0/8")', true],
    ['ipaddress', '11.1.2.3', 'x.in_cidr("10.0.0.0/8")', false],
    ['ipaddress', '::ffff:10.1.2.3', 'x.in_cidr("10.0.0.0/8")', true],
    ['ipaddress', '10.1.2.3', 'x.in_cidr("::ffff:10.0.0.0/104")', true],
    ['ipaddress', '::ffff:a01:203', 'x == ipaddress("10.1.2.3")', true],
    ['ipaddress', '2001:db8::1', 'x.in_cidr("2001:db8::/32")', true],
    ['ipaddress', '2001:db9::1', 'x.in_cidr("2001:db8::/32")', false],
    ['ipaddress', '10.1.2.3', 'x.in_cidr("::/0")', false],
    ['ipaddress', 'fe80::1%eth0', 'x.in_cidr("fe80::/10")', false],
    ['ipaddress', '10.1.2', 'true', /no IP address/],
    ['ipaddress', '010.1.2.3', 'true', /no IP address/],
    ['ipaddress', '10.1.2.3/8', 'true', /no IP address/],
    ['list<string>', ['a', 'b'], '"b" in x', true],
    ['list<string>', ['a', 1], 'true', /string is expected, not 1/],
    ['list<int>', ['1', 2], 'x == [1, 2]', true],
    ['list<int>', { length: 1 }, 'true', /list<int> is expected, not an object/],
    ['list<list<int>>', [[1], []], 'x[0][0] == 1', true],
    ['map<int>', { a: '1' }, 'x.a == 1 && x["a"] == 1 && !has(x.b)', true],
    ['map<int>', [], 'true', /map<int> is expected, not a list/],
    ['map<string>', JSON.parse('{"__proto__":"a","constructor":"b"}'), 'x["__proto__"] + x.constructor == "ab"', true],
    ['map<string>', {}, 'has(x.constructor) || has(x.toString)', false],
    ['map<string>', {}, 'x.constructor == "a"', /no key 'constructor'/],
    ['any', { a: [1, { b: null }] }, 'x.a[0] == 1 && x.a[1].b == null', true],
    ['any', 1, 'x == 1 && x == 1.0 && x == 1u && x != "1"', true],
    ['any', 'a', 'x == 1', false],
    ['any', 'a', 'x < 1', /does not take \(string, int\)/],
    ['any', null, 'x == null', true],
  ];
  for (const [type, value, expression, expected] of cases) {
    it(`${type} ${JSON.stringify(value)}: ${expression} is ${expected}`, () => {
      const is = answer(expression, { x: type }, { x: value });
      if (expected instanceof RegExp) assert.match(String(is), expected);
      else assert.equal(is, expected);
    });
  }
});

describe('where parameters come from', () => {
  it('a tuple wins over a request, so that nobody widens what was written', () => {
    assert.equal(answer('x < 10', { x: 'int' }, { x: 1 }, { x: 100 }), false);
    assert.equal(answer('x < 10', { x: 'int' }, { x: 100 }, { x: 1 }), true);
    assert.match(String(answer('x < 10', { x: 'int' }, { x: 1 }, { x: 'a' })), /int is expected, not "a"/);
  });

  it('both together fill the parameters, and other members of the request are ignored', () => {
    assert.equal(answer('x < y', { x: 'int', y: 'int' }, { y: 2, z: 'whatever' }, { x: 1 }), true);
  });

  it('a missing one is a failure that names it, even where the answer would not need it', () => {
    const outcome = condition('true || x < y', { x: 'int', y: 'int' }).evaluate({}, { z: 1 });
    assert.ok(!outcome.ok);
    assert.deepEqual(outcome.error.missingParameters, ['x', 'y']);
    assert.match(outcome.error.detail, /the context has no 'x', 'y'/);
  });

  it('names of the language are no parameters', () => {
    const outcome = condition('constructor == 1', { constructor: 'int' }).evaluate({}, {});
    assert.ok(!outcome.ok);
    assert.deepEqual(outcome.error.missingParameters, ['constructor']);
    const proto = JSON.parse('{"__proto__":1}') as Record<string, string>;
    const declared = {
      ...definition('__proto__ == 1'),
      parameters: JSON.parse('{"__proto__":{"type_name":"TYPE_NAME_INT"}}'),
    };
    const compiled = compileCondition(declared);
    assert.ok(compiled.ok);
    assert.deepEqual(compiled.value.evaluate(undefined, {}).ok, false);
    assert.deepEqual(compiled.value.evaluate(undefined, proto), { ok: true, value: true });
  });
});

describe('what is stored with a tuple', () => {
  const it4 = condition('x < 10 && s != ""', { x: 'int', s: 'string' });
  const check = (context: object) => {
    const outcome = it4.checkContext(context as never);
    return outcome.ok ? 'fine' : outcome.error.detail;
  };
  it('some parameters, each of its type', () => {
    assert.equal(check({}), 'fine');
    assert.equal(check({ x: '5' }), 'fine');
    assert.match(check({ x: 'five' }), /parameter 'x': int is expected/);
    assert.match(check({ y: 1 }), /no parameter 'y'; it has x, s/);
    assert.match(check(JSON.parse('{"__proto__":1}')), /no parameter '__proto__'/);
  });
});

describe('the cost of an evaluation', () => {
  const list = { l: 'list<int>' };
  const numbers = (length: number) => ({ l: Array.from({ length }, (_, i) => i) });
  it('lets a macro look at some items, and fails where there are many', () => {
    assert.equal(answer('l.all(x, x >= 0)', list, numbers(15)), true);
    assert.match(String(answer('l.all(x, x >= 0)', list, numbers(1_000))), /costs more/);
  });
  it('is not forgotten by operators that do without a side', () => {
    assert.match(String(answer('l.all(x, x >= 0) || true', list, numbers(1_000))), /costs more/);
    assert.match(String(answer('true && (l.exists(x, x < 0) || true)', list, numbers(1_000))), /costs more/);
    assert.equal(answer('true || l.all(x, x >= 0)', list, numbers(1_000)), true);
  });
  it('ends loops inside of loops', () => {
    const nested = 'l.all(a, l.all(b, l.all(c, l.all(d, a + b + c + d >= 0))))';
    assert.match(String(answer(nested, list, numbers(5_000))), /costs more/);
  });
  it('counts text that is read', () => {
    const types = { s: 'string', p: 'string' };
    assert.equal(answer('s.matches(p)', types, { s: 'aaab', p: 'a+b' }), true);
    assert.match(String(answer('s.matches(p)', types, { s: 'a'.repeat(30_000), p: '(a+)+b' })), /costs more/);
    assert.match(String(answer('s.matches(p)', types, { s: 'a', p: 'a{900}' })), /costs more/);
    assert.match(String(answer('s.contains(p)', types, { s: 'a'.repeat(30_000), p: 'ab' })), /costs more/);
    assert.match(String(answer('(s + s).size() > 1', types, { s: 'a'.repeat(30_000), p: '' })), /costs more/);
  });
});

describe('faults inside of an expression', () => {
  it('are outcomes, and a side that decides makes them irrelevant', () => {
    const types = { x: 'int', m: 'map<int>' };
    const context = { x: 0, m: {} };
    assert.match(String(answer('1 / x == 1', types, context)), /division by zero/);
    assert.equal(answer('1 / x == 1 || true', types, context), true);
    assert.equal(answer('1 / x == 1 && false', types, context), false);
    assert.match(String(answer('1 / x == 1 || false', types, context)), /division by zero/);
    assert.match(String(answer('x - 9223372036854775807 - 2 < 0', types, context)), /outside of int/);
    assert.match(String(answer('m.a == 1', types, context)), /no key 'a'/);
    assert.equal(answer('has(m.a) && m.a == 1', types, context), false);
    assert.equal(answer('[0, 1].exists(y, 1 / y == 1)', types, context), true);
  });
  it('comments and line breaks are part of the language', () => {
    assert.equal(answer('x < 1 // small\n\t&& true', { x: 'int' }, { x: 0 }), true);
  });
});
