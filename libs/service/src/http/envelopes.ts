import { z } from 'zod';

/** Paging and search as every list accepts them (contract 1.8). */
export const listQuery = z.object({
  page: z.coerce.number().int().min(1).max(1_000_000).default(1),
  limit: z.coerce.number().int().min(1).max(100).default(25),
  search: z.string().max(200).optional(),
  sortBy: z.string().max(64).optional(),
  sortDir: z
    .enum(['ASC', 'DESC', 'asc', 'desc'])
    .transform((dir) => (dir.toLowerCase() === 'asc' ? ('ASC' as const) : ('DESC' as const)))
    .optional(),
});

export interface PageRequest {
  readonly page: number;
  readonly limit: number;
}

export interface PageOf<T> {
  readonly rows: readonly T[];
  readonly total: number;
}

const pageMeta = z.object({
  total: z.int(),
  page: z.int(),
  limit: z.int(),
  totalPages: z.int(),
  hasNextPage: z.boolean(),
  hasPreviousPage: z.boolean(),
});

export type PageMeta = z.infer<typeof pageMeta>;

export interface ListBody<T> {
  readonly data: readonly T[];
  readonly meta: PageMeta;
  readonly pagination: PageMeta;
  readonly resourceType: string;
}

/** A list answer; the paging block stands twice because the public clients read either name. */
export function listBody<T>(resourceType: string, request: PageRequest, { rows, total }: PageOf<T>): ListBody<T> {
  const totalPages = Math.ceil(total / request.limit);
  const meta: PageMeta = {
    total,
    page: request.page,
    limit: request.limit,
    totalPages,
    hasNextPage: request.page < totalPages,
    hasPreviousPage: request.page > 1,
  };
  return { data: rows, meta, pagination: meta, resourceType };
}

export function listOf<T extends z.ZodType>(item: T) {
  return z.object({ data: z.array(item), meta: pageMeta, pagination: pageMeta, resourceType: z.string() });
}

export function single<T extends z.ZodType>(item: T) {
  return z.object({ data: item, message: z.string().optional() });
}

export const messageOnly = z.object({ message: z.string() });

export const problemSchema = z
  .looseObject({
    error: z.string(),
    code: z.string().optional(),
    error_description: z.string().optional(),
    message: z.string().optional(),
    status: z.union([z.int(), z.string()]).optional(),
    details: z.record(z.string(), z.unknown()).optional(),
    request_id: z.string().optional(),
  })
  .meta({ id: 'Problem' });
