import { checkOrigin } from '../core/redirect-uri.js';
import type { DirectoryDeps } from './directory-deps.js';

/** Whether an active client of the org in context is used from this browser origin. */
export function allowsOrigin({ clients }: Pick<DirectoryDeps, 'clients'>) {
  return async (origin: string): Promise<boolean> => checkOrigin(origin).ok && clients.allowsOrigin(origin);
}
