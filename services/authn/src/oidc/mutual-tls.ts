import { X509Certificate } from 'node:crypto';
import { currentContext } from '@lumo/tenancy';
import type { Configuration, KoaContextWithOIDC, TLSClientAuthProperty } from 'oidc-provider';
import { isSameName } from '../core/distinguished-name.js';

type MutualTlsFeature = NonNullable<NonNullable<Configuration['features']>['mTLS']>;

/**
 * RFC 8705. Always on: a client whose tokens must be bound to a certificate gets none without it, also where no terminator
 * is configured; discovery offers what can work.
 */
export function mutualTls(nowMs: () => number): MutualTlsFeature {
  const present = () => presentedCertificate(nowMs());
  return {
    enabled: true,
    certificateBoundAccessTokens: true,
    selfSignedTlsClientAuth: true,
    tlsClientAuth: true,
    getCertificate: present,
    certificateAuthorized: () => currentContext()?.clientCertificate?.verified === true,
    certificateSubjectMatches: (_ctx: KoaContextWithOIDC, property: TLSClientAuthProperty, expected: string) => {
      const certificate = present();
      return certificate !== undefined && matches(certificate, property, expected);
    },
  };
}

/** The certificate of the connection, from the context that the gateway sealed; not one whose time is over or to come. */
function presentedCertificate(nowMs: number): X509Certificate | undefined {
  const der = currentContext()?.clientCertificate?.der;
  if (der === undefined) return undefined;
  const certificate = new X509Certificate(Buffer.from(der, 'base64'));
  const isCurrent = certificate.validFromDate.getTime() <= nowMs && nowMs <= certificate.validToDate.getTime();
  return isCurrent ? certificate : undefined;
}

/** RFC 8705 section 2.1.2: exactly what is registered, no wildcard in either. */
function matches(certificate: X509Certificate, property: TLSClientAuthProperty, expected: string): boolean {
  switch (property) {
    case 'tls_client_auth_subject_dn':
      return isSameName(expected, certificate.subject?.split('\n') ?? []);
    case 'tls_client_auth_san_dns':
      return alternativeNames(certificate, 'DNS').includes(expected);
    case 'tls_client_auth_san_uri':
      return alternativeNames(certificate, 'URI').includes(expected);
    case 'tls_client_auth_san_email':
      return alternativeNames(certificate, 'email').includes(expected);
    case 'tls_client_auth_san_ip':
      return certificate.checkIP(expected) !== undefined;
  }
}

/** Names of one kind; Node quotes as JSON what contains a separator, so that no name can pretend to be two. */
function alternativeNames({ subjectAltName = '' }: X509Certificate, kind: string): readonly string[] {
  const names: string[] = [];
  for (const [, name = '', value = ''] of subjectAltName.matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g)) {
    if (name !== kind) continue;
    names.push(value.startsWith('"') ? (JSON.parse(value) as string) : value);
  }
  return names;
}
