import { z } from 'zod';

/** Why, or why not: a tree. An allowed node carries the tuple that decided; a denied leaf says what is missing. */
const node = {
  question: z.string().meta({ description: '`object#relation@subject`' }),
  allowed: z.boolean(),
  via: z.string(),
  tuple: z.looseObject({ object: z.string(), relation: z.string(), subject: z.string() }).optional(),
  missing: z.string().optional(),
  truncated: z.boolean().optional(),
};

export const explanation = z.looseObject({ ...node, children: z.array(z.unknown()).optional() }).meta({
  id: 'RelationExplanation',
});
