import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { createServer, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import { createTestAuthority, type TestAuthority, type TestCertificate } from '@lumo/testing/certificates';

/**
 * Where the terminator speaks to the platform from. The shapes believe this address and no other one: what a suite sends
 * by itself comes from 127.0.0.1.
 */
export const TERMINATOR_ADDRESS = '127.0.0.2';

/** How the platform is told to believe it. */
export const TERMINATOR_SETTINGS = {
  LUMO_TLS_TERMINATORS: TERMINATOR_ADDRESS,
  LUMO_CLIENT_CERT_VERIFIED: 'x-client-verify=SUCCESS',
} as const;

/** A TLS terminator as an operator puts one in front: real TLS with client certificates, told on in the header of RFC 9440. */
export interface TlsTerminator {
  /** The authority whose client certificates it accepts. */
  readonly authority: TestAuthority;
  /** `fetch` that goes through it, with a client certificate or without; URLs are those of the platform. */
  fetchAs(certificate?: TestCertificate): typeof fetch;
  close(): Promise<void>;
}

export async function startTlsTerminator(baseUrl: string): Promise<TlsTerminator> {
  const [authority, own] = await Promise.all([createTestAuthority('Customers'), createTestAuthority('Terminator')]);
  const server = await own.issue({ name: 'localhost', dnsNames: ['localhost'], addresses: ['127.0.0.1'] });
  const { hostname, port, host } = new URL(baseUrl);
  const terminator = createServer(
    { ...server, ca: [authority.cert], requestCert: true, rejectUnauthorized: false },
    (incoming, outgoing) => {
      const socket = incoming.socket;
      const headers = { ...incoming.headers };
      // A terminator overwrites what a client claims.
      delete headers['client-cert'];
      delete headers['x-client-verify'];
      if (socket instanceof TLSSocket) {
        const { raw } = socket.getPeerCertificate() as Partial<PeerCertificate>;
        if (raw) headers['client-cert'] = `:${raw.toString('base64')}:`;
        headers['x-client-verify'] = raw ? (socket.authorized ? 'SUCCESS' : 'FAILED') : 'NONE';
      }
      const onward = httpRequest(
        {
          hostname,
          port,
          family: 4,
          localAddress: TERMINATOR_ADDRESS,
          path: incoming.url,
          method: incoming.method,
          headers,
        },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        },
      );
      onward.on('error', () => outgoing.destroy());
      incoming.pipe(onward);
    },
  );
  terminator.listen(0, '127.0.0.1');
  await once(terminator, 'listening');
  const { port: tlsPort } = terminator.address() as AddressInfo;

  return {
    authority,
    fetchAs: (certificate) => async (input, init) => {
      const request = new Request(input, init);
      const url = new URL(request.url);
      const body = Buffer.from(await request.arrayBuffer());
      const sent = httpsRequest({
        ...{ host: '127.0.0.1', port: tlsPort, servername: 'localhost', ca: [own.cert], agent: false },
        ...(certificate && { cert: certificate.cert, key: certificate.key }),
        path: `${url.pathname}${url.search}`,
        method: request.method,
        headers: { ...Object.fromEntries(request.headers), host, 'content-length': String(body.length) },
      });
      sent.end(body);
      const [answer] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      const headers = new Headers();
      for (const [name, value] of Object.entries(answer.headersDistinct)) {
        for (const each of value ?? []) headers.append(name, each);
      }
      const status = answer.statusCode ?? 0;
      return new Response([204, 304].includes(status) ? null : Buffer.concat(chunks), { status, headers });
    },
    async close() {
      terminator.closeAllConnections();
      terminator.close();
      await once(terminator, 'close');
    },
  };
}
