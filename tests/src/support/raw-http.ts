import { connect } from 'node:net';

/** What came back on a raw connection until the server closed it or the answer was complete. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Everything, byte for byte. */
  readonly text: string;
}

/** Sends bytes as they are, for requests that no HTTP library would send, and reads until the server closes. */
export function sendRaw(baseUrl: string, request: string | readonly string[]): Promise<RawAnswer> {
  const { hostname, port } = new URL(baseUrl);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // The server may close while we still write; what it said before counts.
      if (text === '' && error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.once('close', () => resolve(parse(text)));
    socket.once('connect', () => {
      for (const part of typeof request === 'string' ? [request] : request) socket.write(part, 'latin1');
    });
  });
}

/** A request head whose connection the server closes after the answer. */
export function head(requestLine: string, headers: readonly string[] = [], host = 'localhost'): string {
  return [requestLine, `Host: ${host}`, 'Connection: close', ...headers, '', ''].join('\r\n');
}

function parse(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, Math.max(0, end)).split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  return { status: Number(statusLine.split(' ')[1] ?? 0), headers, body: end < 0 ? '' : text.slice(end + 4), text };
}
