import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attributes, html, isLinkable, trusted } from './html.js';

const hostile = `<script>alert("1")</script>'\`&`;
const inert = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&#96;&amp;';

describe('html', () => {
  it('escapes text', () => assert.equal(`${html`<p>${hostile}</p>`}`, `<p>${inert}</p>`));

  it('escapes attribute values, in either quotes', () => {
    assert.equal(`${html`<p title="${hostile}" lang='${hostile}'>`}`, `<p title="${inert}" lang='${inert}'>`);
  });

  it('escapes text that follows quotes and signs in text', () => {
    assert.equal(`${html`<p>1 > 0 & "${hostile}" = '${hostile}'</p>`}`, `<p>1 > 0 & "${inert}" = '${inert}'</p>`);
  });

  it('does not escape twice: markup nests, alone and in lists', () => {
    const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
    assert.equal(`${html`<ul>${items}</ul>`}`, '<ul><li>a</li><li>&lt;b&gt;</li></ul>');
  });

  it('writes numbers, and nothing for undefined, null and false', () => {
    assert.equal(`${html`<p>${0}${undefined}${null}${false}${['', 2]}</p>`}`, '<p>02</p>');
  });

  it('replaces what is no character', () => assert.equal(`${html`a${'\0\ud800'}b`}`, 'a\ufffd\ufffdb'));

  it('inserts markup as it is only through trusted()', () => {
    assert.equal(`${html`<p>${trusted('<b>x</b>')}</p>`}`, '<p><b>x</b></p>');
    const lookalike = { toString: () => '<b>x</b>' };
    assert.throws(() => html`<p>${lookalike as unknown as string}</p>`, TypeError);
  });

  describe('URLs', () => {
    for (const url of ['/path?a=1&b="x"', 'https://app.test/x', 'HTTP://app.test', '/', 'http://[::1]:80/']) {
      it(`accepts ${url}`, () => {
        const written = url.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
        assert.equal(`${html`<a href="${url}">x</a>`}`, `<a href="${written}">x</a>`);
        assert.ok(isLinkable(url));
      });
    }
    const refused = [
      'javascript:alert(1)',
      'JaVaScRiPt:alert(1)',
      ' javascript:alert(1)',
      'java\nscript:alert(1)',
      '\u0001javascript:alert(1)',
      'data:text/html,x',
      'vbscript:x',
      '//attacker.test',
      '/\\attacker.test',
      '\\\\attacker.test',
      '/\t/attacker.test',
      'https:\\\\attacker.test',
      'https://',
      'relative',
      '?query',
      '',
    ];
    for (const url of refused) {
      it(`refuses ${JSON.stringify(url)} in href, src, action and formaction`, () => {
        assert.equal(isLinkable(url), false);
        assert.throws(() => html`<a href="${url}">x</a>`, TypeError);
        assert.throws(() => html`<img src="${url}">`, TypeError);
        assert.throws(() => html`<form action="${url}">`, TypeError);
        assert.throws(() => html`<button formaction='${url}'>`, TypeError);
        assert.throws(() => attributes({ href: url }), TypeError);
      });
    }
    it('encodes a part of a URL', () => {
      assert.equal(`${html`<a href="/x?y=${'a&b="/'}">`}`, '<a href="/x?y=a%26b%3D%22%2F">');
    });
  });

  describe('refuses places that cannot be escaped', () => {
    const x = 'x';
    const cases: readonly [string, () => unknown][] = [
      ['a script', () => html`<script>${x}</script>`],
      ['a script, later', () => html`<SCRIPT type="module">let a = "<b>"; ${x}</SCRIPT>`],
      ['a style', () => html`<style>p { ${x} }</style>`],
      ['a comment', () => html`<!-- <p> ${x} -->`],
      ['an event handler', () => html`<p onclick="${x}">`],
      ['a style attribute', () => html`<p style="color: ${x}">`],
      ['srcdoc', () => html`<iframe srcdoc="${x}">`],
      ['an unquoted attribute', () => html`<p title=${x}>`],
      ['an attribute name', () => html`<p ${x}="1">`],
      ['part of an attribute name', () => html`<p data-${x}="1">`],
      ['a tag name', () => html`<${x}>`],
      ['part of a tag name', () => html`<h${x}>`],
      ['a closing tag name', () => html`</${x}>`],
      ['a declaration', () => html`<!${x}>`],
      ['markup as an attribute value', () => html`<p title="${trusted('x')}">`],
      ['a list as an attribute value', () => html`<p title="${[x]}">`],
      ['attributes in text', () => html`<p>${attributes({ title: x })}</p>`],
    ];
    for (const [name, build] of cases) it(name, () => assert.throws(build, TypeError));
  });

  it('goes on after script, comment and attributes', () => {
    assert.equal(
      `${html`<!-- "<p --><script src="/a.js" defer></script><p title="${'"'}">${'<'}</p>`}`,
      '<!-- "<p --><script src="/a.js" defer></script><p title="&quot;">&lt;</p>',
    );
  });
});

describe('attributes', () => {
  it('writes values escaped, true as the bare name, and leaves out false and undefined', () => {
    const written = attributes({ value: hostile, required: true, autofocus: false, id: undefined, maxlength: 3 });
    assert.equal(`${html`<input ${written}>`}`, `<input value="${inert}" required maxlength="3">`);
  });
  for (const name of ['onclick', 'style', 'srcdoc', 'a b', 'x"', 'A']) {
    it(`refuses the name ${JSON.stringify(name)}`, () => assert.throws(() => attributes({ [name]: 'x' }), TypeError));
  }
});
