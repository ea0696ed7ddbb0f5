import { hash } from 'node:crypto';
import { currentContext } from '@lumo/tenancy';
import type { SenderProof } from '@lumo/token-signing';

/** What of a request proves who sends it: the DPoP header, and the certificate in the context that the gateway sealed. */
export function senderProof(method: string, uri: string, dpop: unknown): SenderProof {
  const der = currentContext()?.clientCertificate?.der;
  return {
    method,
    uris: [uri],
    ...(typeof dpop === 'string' && dpop !== '' && { dpop }),
    ...(der !== undefined && { certificateThumbprint: hash('sha256', Buffer.from(der, 'base64'), 'base64url') }),
  };
}
