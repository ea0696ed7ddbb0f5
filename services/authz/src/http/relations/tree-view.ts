import { z } from 'zod';

/** One level of a derivation, as the engine says it: `core/rebac/relation-engine.ts`. */
export const usersetTree = z.looseObject({
  name: z.string().meta({ description: '`object#relation`' }),
  leaf: z.unknown().optional(),
  union: z.array(z.unknown()).optional(),
  intersection: z.array(z.unknown()).optional(),
  difference: z.unknown().optional(),
});
