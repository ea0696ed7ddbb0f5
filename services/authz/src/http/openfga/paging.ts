import { fgaError } from './fga-error.js';

const DEFAULT_PAGE = 50;
const MAX_PAGE = 100;

/** A page of the OpenFGA API: 1 to 100, 50 where nothing is said; an empty token is the first page. */
export function readPaging(
  size: number | string | null | undefined,
  token: string | null | undefined,
): { readonly pageSize: number; readonly cursor?: string } {
  const pageSize = size === undefined || size === null || size === '' ? DEFAULT_PAGE : Number(size);
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > MAX_PAGE)
    throw fgaError('page_size_invalid', `page_size must be a whole number from 1 to ${MAX_PAGE}.`);
  return { pageSize, ...(token && { cursor: token }) };
}
