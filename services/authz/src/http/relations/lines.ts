import { Readable } from 'node:stream';
import { DomainError } from '@lumo/kit';

/** Longest line, in bytes: a check with its contextual tuples. */
const MAX_LINE_BYTES = 256 * 1024;
/** Of a whole stream. The gateway refuses the same size where it is known beforehand. */
const MAX_STREAM_BYTES = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

export interface Line {
  /** Counted from 1, empty lines included, as editors do. */
  readonly number: number;
  readonly text: string;
}

/** Whether a body came as `application/x-ndjson`. */
export function isLineStream(body: unknown): body is Readable {
  return body instanceof Readable;
}

/** The lines of a stream that are not empty, under backpressure. Throws where the stream is larger than may be sent. */
export async function* readLines(stream: Readable): AsyncGenerator<Line, void, undefined> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let seen = 0;
  let number = 0;
  const finish = (last: Buffer): Line | undefined => {
    const bytes = rest.length === 0 ? last : Buffer.concat([...rest, last]);
    rest = [];
    restBytes = 0;
    number++;
    if (bytes.length > MAX_LINE_BYTES) throw lineTooLong(number);
    const text = bytes.toString('utf8').trim();
    return text === '' ? undefined : { number, text };
  };
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    seen += chunk.length;
    if (seen > MAX_STREAM_BYTES) throw streamTooLarge();
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      const line = finish(chunk.subarray(from, at));
      from = at + 1;
      if (line) yield line;
    }
    rest.push(chunk.subarray(from));
    restBytes += chunk.length - from;
    if (restBytes > MAX_LINE_BYTES) throw lineTooLong(number + 1);
  }
  const line = finish(Buffer.alloc(0));
  if (line) yield line;
}

function lineTooLong(number: number): DomainError {
  return new DomainError('invalid', 'validation_error', `Line ${number} is longer than ${MAX_LINE_BYTES} bytes.`, {
    details: { line: number },
  });
}

function streamTooLarge(): DomainError {
  return new DomainError('invalid', 'payload_too_large', `The stream is larger than ${MAX_STREAM_BYTES} bytes.`);
}
