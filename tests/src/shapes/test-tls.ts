import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestAuthority, type TestCertificate } from '@lumo/testing/certificates';

/** Certificates for the servers of suites that the platform has to call by https. */
export interface TestTls {
  /** What a program must trust, for `NODE_EXTRA_CA_CERTS`. */
  readonly caFile: string;
  /** For `localhost` and `127.0.0.1`. */
  readonly server: TestCertificate;
}

let made: Promise<TestTls> | undefined;

/** One authority for all that this process starts; its folder goes with the temporary folder of the run. */
export function testTls(): Promise<TestTls> {
  made ??= make();
  return made;
}

async function make(): Promise<TestTls> {
  const authority = await createTestAuthority();
  const caFile = join(await mkdtemp(join(tmpdir(), 'lumo-test-tls-')), 'ca.pem');
  await writeFile(caFile, authority.cert);
  return {
    caFile,
    server: await authority.issue({ name: 'suites', dnsNames: ['localhost'], addresses: ['127.0.0.1', '127.0.0.2'] }),
  };
}
