import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createScreen } from './screen.js';

describe('the screen of several files at once', () => {
  it('shows the first live and the others when their turn comes, none mixed, none lost', () => {
    let shown = '';
    const screen = createScreen((text) => {
      shown += text;
    });
    const [a, b, c] = [screen.open(), screen.open(), screen.open()];
    b.write('b1 ');
    a.write('a1 ');
    assert.equal(shown, 'a1 ');
    c.write('c1 ');
    c.close();
    a.write('a2 ');
    a.close();
    assert.equal(shown, 'a1 a2 b1 ');
    b.write('b2 ');
    const d = screen.open();
    d.write('d1 ');
    b.close();
    assert.equal(shown, 'a1 a2 b1 b2 c1 d1 ');
    d.write('d2');
    assert.equal(shown, 'a1 a2 b1 b2 c1 d1 d2');
  });
});
