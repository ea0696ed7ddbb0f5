import type { OAuthClient } from '../../core/oauth-client.js';
import type { SectorDocuments } from '../../registration-ports.js';
import { invalid } from '../refusals.js';

/**
 * A client shares its pairwise subjects with every client of its sector, so the sector must say that it belongs there: its
 * document lists every redirect URI (OpenID Connect Registration section 5).
 */
export async function checkSector(
  sectors: SectorDocuments,
  { redirectUris, protocol }: Pick<OAuthClient, 'redirectUris' | 'protocol'>,
): Promise<void> {
  const { sectorIdentifierUri } = protocol;
  if (sectorIdentifierUri === null) return;
  const listed = await sectors.read(sectorIdentifierUri);
  if (!listed) throw invalid({ sectorIdentifierUri: 'It cannot be read as a JSON list of redirect URIs.' });
  const missing = redirectUris.find((uri) => !listed.includes(uri));
  if (missing !== undefined) {
    throw invalid({ sectorIdentifierUri: `Its document does not list ${missing.slice(0, 200)}.` });
  }
}
