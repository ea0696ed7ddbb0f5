import { DomainError } from '@lumo/kit';
import { z } from 'zod';
import type { AccessQuestion, ManyQuestion } from '../../app/decision/decide-access.js';
import type { AttributeBag } from '../../core/abac/attribute-value.js';
import { attributes, resourceId, targetName } from '../abac/abac-input.js';

/**
 * Requests of AuthZEN 1.0. Members that are not known are no error (section 4); in an entity they count as properties,
 * which is how the first drafts wrote them.
 */

const properties = { properties: attributes.nullish() };
export const entity = z.looseObject({ type: targetName, id: resourceId, ...properties });
export const partialEntity = z.looseObject({ type: targetName, id: z.unknown().optional(), ...properties });
export const action = z.looseObject({ name: targetName, ...properties });
export const context = attributes.nullish();

export const evaluationBody = z.looseObject({ subject: entity, action, resource: entity, context });

export const SEMANTICS = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const;
export const MAX_EVALUATIONS = 500;

/** Items and defaults are judged one by one: an item that is wrong is wrong in its own place (section 7.2.1). */
export const evaluationsBody = z.looseObject({
  subject: z.unknown().optional(),
  action: z.unknown().optional(),
  resource: z.unknown().optional(),
  context: z.unknown().optional(),
  options: z.looseObject({ evaluations_semantic: z.enum(SEMANTICS).optional() }).nullish(),
  evaluations: z.array(z.unknown()).max(MAX_EVALUATIONS).nullish(),
});

export const page = z
  .looseObject({
    token: z.string().max(4_000).optional(),
    /** As earlier drafts called it in requests. */
    next_token: z.string().max(4_000).optional(),
    limit: z.int().min(1).max(1_000).optional(),
  })
  .nullish();

type Entity = z.infer<typeof entity>;

/** The properties of an entity, with its unknown members. */
export function propertiesOf({ properties: declared, ...members }: Readonly<Record<string, unknown>>): AttributeBag {
  const { type: _, id: __, name: ___, ...others } = members;
  const loose = attributes.safeParse(others);
  // Declared ones were parsed as attributes with the entity.
  return { ...(loose.success ? loose.data : {}), ...(declared as AttributeBag | null | undefined) };
}

export function questionOf({
  subject,
  action: asked,
  resource,
  context: around,
}: z.infer<typeof evaluationBody>): AccessQuestion {
  return {
    about: { type: subject.type, id: subject.id },
    action: asked.name,
    resource: { type: resource.type, id: resource.id },
    request: requestOf({ subject, action: asked, resource, context: around }),
  };
}

export function requestOf(entities: {
  readonly subject?: Readonly<Record<string, unknown>>;
  readonly action?: Readonly<Record<string, unknown>>;
  readonly resource?: Readonly<Record<string, unknown>>;
  readonly context?: AttributeBag | null | undefined;
}): AccessQuestion['request'] {
  const bag = (entity: Readonly<Record<string, unknown>> | undefined) => (entity ? propertiesOf(entity) : {});
  const [user, resource, verb] = [bag(entities.subject), bag(entities.resource), bag(entities.action)];
  return {
    ...(Object.keys(user).length > 0 && { user }),
    ...(Object.keys(resource).length > 0 && { resource }),
    ...(Object.keys(verb).length > 0 && { action: verb }),
    ...(entities.context && { environment: entities.context }),
  };
}

/** One item of many with the defaults of the request, or why it is none. */
export function itemQuestion(item: unknown, defaults: Readonly<Record<string, unknown>>): ManyQuestion {
  if (!isRecord(item)) return refused('an evaluation must be an object');
  const whole = Object.fromEntries(
    (['subject', 'action', 'resource', 'context'] as const).flatMap((name) => {
      const value = settle(item[name], defaults[name], REQUIRED[name]);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const parsed = evaluationBody.safeParse(whole);
  if (parsed.success) return questionOf(parsed.data);
  const [issue] = parsed.error.issues;
  return refused(`${issue?.path.join('.')}: ${issue?.message}`);
}

const REQUIRED = { subject: ['type', 'id'], action: ['name'], resource: ['type', 'id'], context: [] } as const;

/**
 * An entity of an item replaces the default as a whole: its properties are not mixed with those of the default. Only what
 * an entity must have is taken from the default where the item leaves it out (certification scenario, 3-2-7).
 */
function settle(own: unknown, standard: unknown, required: readonly string[]): unknown {
  if (own === undefined) return standard;
  if (!isRecord(own) || !isRecord(standard)) return own;
  const missing = required.filter((name) => !Object.hasOwn(own, name) && Object.hasOwn(standard, name));
  return { ...own, ...Object.fromEntries(missing.map((name) => [name, standard[name]])) };
}

function refused(problem: string): DomainError {
  return new DomainError('invalid', 'invalid_request', `This evaluation cannot be made: ${problem.slice(0, 300)}.`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export type { Entity };
