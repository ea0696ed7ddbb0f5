/** The auto-escaping `html` template of the hosted pages: what is interpolated is escaped for the place it stands in. */

/** Markup that is safe to send. Only `html` and `trusted` make it. */
export class Html {
  readonly #markup: string;

  /** Use `html` or `trusted`. */
  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/** Attributes of a tag, escaped. Made by `attributes`. */
export class Attributes {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

export type HtmlValue = string | number | Html | Attributes | undefined | null | false | readonly HtmlValue[];

/** Marks markup that was written by us, character by character, as safe. Never for anything that came from outside. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

/**
 * Attributes for the inside of a tag: `<input ${attributes({ value, required: true })}>`.
 * `true` writes the bare name; `false` and `undefined` write nothing.
 */
export function attributes(values: Readonly<Record<string, string | number | boolean | undefined>>): Attributes {
  const written = Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([name, value]) => {
      if (!/^[a-z][a-z0-9-]*$/.test(name) || isForbidden(name)) throw bug(`attribute ${name}`);
      return value === true ? name : `${name}="${attributeValue(name, String(value), true)}"`;
    });
  return new Attributes(written.join(' '));
}

/**
 * Builds markup. An interpolated string is escaped; in `href`, `src`, `action` and `formaction` it must also be an http(s) URL
 * or a path (`TypeError` otherwise: check URLs of others with `isLinkable` first). Lists are joined; `undefined`, `null` and
 * `false` write nothing. Interpolating into a script, a style, a comment, a tag name, an event handler or an unquoted
 * attribute is a bug and throws.
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const places = placesOf(strings);
  let markup = strings[0] ?? '';
  for (const [index, value] of values.entries()) {
    markup += write(value, places[index] ?? { kind: 'text' }) + (strings[index + 1] ?? '');
  }
  return new Html(markup);
}

/** Whether `url` may stand in a link: http(s), or a path of this origin. */
export function isLinkable(url: string): boolean {
  // Browsers read "\" as "/" and drop tabs and line breaks, so neither may stand in a path; "//host" is another origin.
  if (/^\/(?!\/)[^\\\p{Cc}]*$/u.test(url)) return true;
  return /^https?:\/\/[^\\\s\p{Cc}]+$/iu.test(url) && URL.canParse(url);
}

type Place =
  | { readonly kind: 'text' }
  | { readonly kind: 'tag' }
  | { readonly kind: 'value'; readonly attribute: string; readonly atStart: boolean };

const URL_ATTRIBUTES = new Set(['href', 'src', 'action', 'formaction']);

/** Places whose content is code or markup of its own. */
function isForbidden(attribute: string): boolean {
  return attribute.startsWith('on') || attribute === 'style' || attribute === 'srcdoc';
}

function write(value: HtmlValue, place: Place): string {
  if (value === undefined || value === null || value === false) return '';
  if (place.kind === 'tag') {
    if (value instanceof Attributes) return value.toString();
    throw bug('only attributes() may stand inside a tag');
  }
  if (value instanceof Attributes) throw bug('attributes() stands inside a tag');
  if (place.kind === 'value') {
    if (typeof value !== 'string' && typeof value !== 'number') throw bug('an attribute value is text');
    return attributeValue(place.attribute, String(value), place.atStart);
  }
  if (value instanceof Html) return value.toString();
  if (typeof value === 'string' || typeof value === 'number') return escapeText(String(value));
  return value.map((item) => write(item, place)).join('');
}

function attributeValue(attribute: string, value: string, atStart: boolean): string {
  if (!URL_ATTRIBUTES.has(attribute)) return escapeText(value);
  if (!atStart) return encodeURIComponent(value.toWellFormed());
  if (!isLinkable(value)) throw new TypeError(`not a URL for ${attribute}`);
  return escapeText(value);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
  '\0': '\ufffd',
};

function escapeText(text: string): string {
  return text.toWellFormed().replace(/[&<>"'`\0]/g, (character) => ENTITIES[character] ?? '');
}

const known = new WeakMap<TemplateStringsArray, readonly Place[]>();

/** The place of every interpolation. Templates are constants, so each is read once. */
function placesOf(strings: TemplateStringsArray): readonly Place[] {
  const found = known.get(strings);
  if (found) return found;
  const places: Place[] = [];
  let state: ScanState = { in: 'text' };
  for (const part of strings.slice(0, -1)) {
    state = scan(part, state);
    places.push(placeOf(state));
    if (state.in === 'value') state = { ...state, atStart: false };
  }
  known.set(strings, places);
  return places;
}

type ScanState =
  | { readonly in: 'text' }
  | { readonly in: 'code'; readonly until: RegExp }
  | { readonly in: 'tag'; readonly name: string; readonly rest: string }
  | {
      readonly in: 'value';
      readonly name: string;
      readonly attribute: string;
      readonly quote: string;
      readonly atStart: boolean;
    };

function placeOf(state: ScanState): Place {
  switch (state.in) {
    case 'text':
      return { kind: 'text' };
    case 'value':
      if (isForbidden(state.attribute)) throw bug(`interpolation into ${state.attribute}`);
      return { kind: 'value', attribute: state.attribute, atStart: state.atStart };
    case 'tag':
      // After a blank an attribute may begin; anywhere else the value would become part of a name.
      if (state.name !== '' && /\s$/.test(state.rest)) return { kind: 'tag' };
      throw bug('interpolation into a tag name or an unquoted attribute');
    case 'code':
      throw bug('interpolation into a script, a style or a comment');
  }
}

/** Reads static markup up to its end, or to an interpolation, and says where that is. */
function scan(part: string, from: ScanState): ScanState {
  let state = from;
  let rest = part;
  while (rest !== '') {
    if (state.in === 'text') {
      const open = /<(?:!--|\/?([a-z][a-z0-9-]*))/i.exec(rest);
      // A tag that is cut off by an interpolation: its name would be the value.
      if (!open) return /<[/!]?-?$/.test(rest) ? { in: 'tag', name: '', rest: '' } : state;
      rest = rest.slice(open.index + open[0].length);
      const name = open[0].startsWith('</') ? '/' : (open[1]?.toLowerCase() ?? '');
      state = open[1] ? { in: 'tag', name, rest: '' } : { in: 'code', until: /-->/ };
    } else if (state.in === 'code') {
      const end = state.until.exec(rest);
      if (!end) return state;
      rest = rest.slice(end.index + end[0].length);
      state = { in: 'text' };
    } else if (state.in === 'value') {
      const end = rest.indexOf(state.quote);
      if (end < 0) return { ...state, atStart: false };
      rest = rest.slice(end + 1);
      state = { in: 'tag', name: state.name, rest: '' };
    } else {
      const next = /^([^>"']*)([>"'])/.exec(rest);
      if (!next) return { ...state, rest: state.rest + rest };
      const { name } = state;
      const before: string = state.rest + (next[1] ?? '');
      rest = rest.slice(next[0].length);
      if (next[2] === '>') {
        state = name === 'script' || name === 'style' ? { in: 'code', until: endOf(name) } : { in: 'text' };
      } else {
        const attribute = /([^\s=]+)=$/.exec(before)?.[1]?.toLowerCase() ?? '';
        state = { in: 'value', name, attribute, quote: next[2] ?? '"', atStart: true };
      }
    }
  }
  return state;
}

function endOf(name: 'script' | 'style'): RegExp {
  return name === 'script' ? /<\/script\s*>/i : /<\/style\s*>/i;
}

function bug(message: string): TypeError {
  return new TypeError(`html template: ${message}`);
}
