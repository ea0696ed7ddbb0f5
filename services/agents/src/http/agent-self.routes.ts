import { anyPrincipal, route } from '@lumo/service';
import { z } from 'zod';
import { agentStatus } from './agent-view.js';

const common = { mount: 'org', access: anyPrincipal('agent', 'user'), tag: 'Agents' } as const;

/** Longer actions, questions and contexts are refused before anything reads them. */
const MAX_ACTION_CHARS = 256;
const MAX_QUESTION_INPUT_CHARS = 10_000;
const MAX_CONTEXT_CHARS = 16_384;

export const meRoute = route({
  ...common,
  method: 'GET',
  path: '/agents/me',
  summary: 'Who the calling agent is, and for whom it acts',
  responses: {
    200: z.object({
      identity: z.object({
        id: z.string(),
        type: z.enum(['agent', 'user']),
        tenant: z.string(),
        agent_id: z.string().optional(),
        name: z.string().optional(),
        status: agentStatus.optional(),
      }),
      capabilities: z.array(z.string()),
      workspace: z.object({ slug: z.string(), api_base: z.string() }),
      /** Only for an agent that acts for a user. */
      on_behalf_of: z.object({ type: z.literal('user'), id: z.string() }).optional(),
      /** The agents that act, first delegate first. */
      delegation_chain: z.array(z.string()).optional(),
    }),
  },
});

export const askRoute = route({
  ...common,
  method: 'POST',
  path: '/agents/ask',
  summary: 'Ask whether the calling agent may do something now',
  body: z.object({
    action: z.string().max(MAX_ACTION_CHARS).nullish(),
    question: z.string().max(MAX_QUESTION_INPUT_CHARS).nullish(),
    context: z
      .record(z.string(), z.unknown())
      .refine((context) => JSON.stringify(context).length <= MAX_CONTEXT_CHARS, {
        error: `at most ${MAX_CONTEXT_CHARS} characters as JSON`,
      })
      .nullish(),
  }),
  responses: {
    200: z.object({
      allowed: z.boolean(),
      action: z.string(),
      /** As it was sent; absent where none was. */
      context: z.record(z.string(), z.unknown()).optional(),
      reason: z.string(),
      /** The reason as a word. */
      reason_code: z.string(),
      audit_id: z.string(),
      /** The next three only for a question in words: older clients read them. */
      explanation: z.string().optional(),
      confidence: z.number().optional(),
      required_scopes: z.array(z.string()).optional(),
    }),
  },
  errors: { 400: ['invalid_request', 'validation_error'], 403: ['agent_token_required'] },
});
