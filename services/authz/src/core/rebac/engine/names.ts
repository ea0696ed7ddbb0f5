import { NONE } from './records.js';

/** Where the parts of `type:id` or `type:id#relation` are. */
export interface NameParts {
  /** Of the first colon. */
  readonly colon: number;
  /** Of the `#` behind it; the length of the text where there is none. */
  readonly hash: number;
}

/** Of a stored or contextual tuple, whose form was checked when it was written. */
export function partsOf(text: string): NameParts {
  const colon = text.indexOf(':');
  const hash = text.indexOf('#', colon + 1);
  return { colon, hash: hash === NONE ? text.length : hash };
}

/** `type:*` */
export function isEverybody(text: string, colon: number): boolean {
  return text.length === colon + 2 && text.charCodeAt(colon + 1) === STAR;
}

/** Whether an id is surely one, at a glance: printable ASCII without separators. Others are left to `tuple-syntax.ts`. */
export function isPlainId(text: string, start: number, end: number): boolean {
  if (start >= end || text.length > GLANCE) return false;
  for (let at = start; at < end; at++) {
    const unit = text.charCodeAt(at);
    if (unit <= SPACE || unit >= DELETE || unit === COLON || unit === HASH) return false;
  }
  return true;
}

const SPACE = 0x20;
const HASH = 0x23;
const STAR = 0x2a;
const COLON = 0x3a;
const DELETE = 0x7f;
/** Objects may not be longer. */
const GLANCE = 256;
