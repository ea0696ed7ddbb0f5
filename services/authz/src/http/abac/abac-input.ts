import { DomainError } from '@lumo/kit';
import { anyPrincipal } from '@lumo/service';
import { z } from 'zod';
import type { AskedSubject } from '../../app/decision/subject-of-question.js';
import { type AttributeBag, checkValue, isStorable } from '../../core/abac/attribute-value.js';
import { typeOfId } from '../subject-reference.js';

/** What requests about attributes and policies have in common. */

/** Anybody of the org may ask about itself; everything else is judged by the operation (core/rbac/policy-rights.ts). */
export const abac = {
  mount: 'org',
  access: anyPrincipal('user', 'agent', 'client', 'api_key'),
} as const;

const MAX_TARGET = 255;
const MAX_ID = 512;

/** Text that an attribute, an event or a log line can hold. */
export function plain(maxLength: number) {
  return z
    .string()
    .min(1)
    .max(maxLength)
    .refine((text) => isStorable(text) && !/\p{Cc}/u.test(text), 'must not contain control characters');
}

export const targetName = plain(MAX_TARGET);
export const resourceId = plain(MAX_ID);
const anyId = z.union([plain(MAX_ID), z.int()]).transform(String);

/** Attributes by name, as JSON. */
export const attributes = z
  .record(z.string().max(100), z.unknown())
  .superRefine((bag, context) => {
    const checked = checkValue(bag);
    if (!checked.ok) context.addIssue({ code: 'custom', message: checked.error });
  })
  // Judged above: it is JSON within the limits of attributes.
  .transform((bag) => bag as AttributeBag);

const subject = z.object({ type: targetName.default('user'), id: anyId, attributes: attributes.optional() });
const resource = z.object({
  type: targetName.optional(),
  id: anyId.optional(),
  attributes: attributes.optional(),
});
/** `context` of the SDKs: attributes of the resource and of the environment; other members are the environment's. */
const context = z.looseObject({
  user: attributes.optional(),
  resource: attributes.optional(),
  environment: attributes.optional(),
});

/** About whom, and what is known: the members that a question may have beside its target (contract 3.4). */
export const along = {
  user_id: anyId.nullish(),
  subject: subject.nullish(),
  context: context.nullish(),
  environment: attributes.nullish(),
};

/** What is asked, in the current spelling or as `resource {type, id, attributes}`. */
export const asked = {
  resourceType: targetName.nullish(),
  resourceId: anyId.nullish(),
  resource: resource.nullish(),
  action: targetName.nullish(),
};

export type Along = z.infer<z.ZodObject<typeof along>>;
export type Asked = z.infer<z.ZodObject<typeof asked>>;

/** A question is about this type, action and id, or about nothing yet. */
export function targetOf({ resourceType, resourceId: id, resource: thing, action }: Asked) {
  const type = resourceType ?? thing?.type;
  const named = id ?? thing?.id;
  return {
    ...(type != null && { resourceType: type }),
    ...(action != null && { action }),
    ...(named != null && { resourceId: named }),
  };
}

/** About whom: `subject`, or the flat `user_id`; undefined where neither stands. */
export function subjectOf({ user_id: flat, subject: named }: Along): AskedSubject | undefined {
  if (flat == null) return named ? { type: named.type, id: named.id } : undefined;
  if (!named) return { type: typeOfId(flat), id: flat };
  if (named.id === flat) return { type: named.type, id: named.id };
  throw new DomainError('invalid', 'INVALID_SUBJECT', 'user_id and subject name different subjects. Send one of them.');
}

/** Attributes that came along, by what they are about. */
export function attributesOf({ context: around, environment, subject: whom }: Along, thing?: Asked['resource']) {
  const { user, resource: ofResource, environment: ofEnvironment, ...rest } = around ?? {};
  const others = attributes.safeParse(rest);
  const all = { ...(others.success ? others.data : {}), ...ofEnvironment, ...environment };
  const aboutResource = { ...ofResource, ...thing?.attributes };
  const aboutUser = { ...user, ...whom?.attributes };
  return {
    ...(Object.keys(aboutUser).length > 0 && { user: aboutUser }),
    ...(Object.keys(aboutResource).length > 0 && { resource: aboutResource }),
    ...(Object.keys(all).length > 0 && { environment: all }),
  };
}
