import { listOf, listQuery, messageOnly, route, single } from '@lumo/service';
import { z } from 'zod';
import { ATTRIBUTE_TYPES, DATA_TYPES } from '../../core/abac/attribute-definition.js';
import { description, flag, name, reference } from '../admin-input.js';
import { abac, resourceId, targetName } from './abac-input.js';
import { definitionSchema } from './abac-views.js';

const common = { ...abac, tag: 'Attributes' } as const;
const params = z.object({ attributeId: reference });
const notFound = { 404: ['resource_not_found'] } as const;

const attributeType = z.enum(ATTRIBUTE_TYPES);
/** `datetime` of older clients is `date` (contract 11 row 10). */
const dataType = z.enum([...DATA_TYPES, 'datetime']).transform((type) => (type === 'datetime' ? 'date' : type));
const scalar = z.union([z.string().max(4_000), z.number(), z.boolean()]);
const count = z.int().min(0).max(100_000);
/** Only rules that are kept: an unknown one is refused by name instead of being stored for nothing. */
const validationRules = z
  .preprocess(
    (rules) => {
      if (typeof rules !== 'object' || rules === null || !('allowedValues' in rules) || 'enum' in rules) return rules;
      const { allowedValues, ...others } = rules;
      return { ...others, enum: allowedValues };
    },
    z.strictObject({
      enum: z.array(scalar).max(500).optional(),
      min: z.number().optional(),
      max: z.number().optional(),
      minLength: count.optional(),
      maxLength: count.optional(),
      pattern: z.string().max(500).optional().meta({ description: 'RE2; searched anywhere in the text.' }),
      minItems: count.optional(),
      maxItems: count.optional(),
    }),
  )
  .nullish();
const fields = {
  description,
  validationRules,
  defaultValue: z.unknown().optional().meta({ description: 'Stands where no source has a value; null: none.' }),
  isRequired: z
    .boolean()
    .optional()
    .meta({ description: 'A policy that reads it and finds no value cannot be evaluated, which denies.' }),
};

export const listRoute = route({
  ...common,
  method: 'GET',
  path: '/abac/attributes',
  aliases: ['/admin/abac/attributes'],
  summary: 'List the definitions of attributes, own and built-in ones',
  query: listQuery.extend({
    type: attributeType.optional(),
    attributeType: attributeType.optional(),
    dataType: dataType.optional(),
    isSystem: flag.optional(),
  }),
  responses: { 200: listOf(definitionSchema) },
});

export const createRoute = route({
  ...common,
  method: 'POST',
  path: '/abac/attributes',
  aliases: ['/admin/abac/attributes'],
  summary: 'Define an attribute of users, resources or the environment',
  body: z.object({ name, attributeType, dataType, slug: z.string().max(1_000).optional(), ...fields }),
  responses: { 201: single(definitionSchema) },
  errors: { 400: ['validation_error'], 409: ['duplicate_resource', 'limit_reached'] },
});

export const readRoute = route({
  ...common,
  method: 'GET',
  path: '/abac/attributes/:attributeId',
  aliases: ['/admin/abac/attributes/:attributeId'],
  summary: 'Read the definition of an attribute, by id or slug',
  params,
  responses: { 200: single(definitionSchema) },
  errors: notFound,
});

export const updateRoute = route({
  ...common,
  method: ['PUT', 'PATCH'],
  path: '/abac/attributes/:attributeId',
  aliases: ['/admin/abac/attributes/:attributeId'],
  summary: 'Change the definition of an attribute; what is absent stays as it is',
  params,
  body: z.object({
    name: name.optional(),
    attributeType: attributeType.optional(),
    dataType: dataType.optional(),
    slug: z.string().max(1_000).optional(),
    ...fields,
  }),
  responses: { 200: single(definitionSchema) },
  errors: { 400: ['validation_error'], ...notFound, 409: ['attribute_in_use'] },
});

export const deleteRoute = route({
  ...common,
  method: 'DELETE',
  path: '/abac/attributes/:attributeId',
  aliases: ['/admin/abac/attributes/:attributeId'],
  summary: 'Delete an attribute, and every value of it',
  params,
  responses: { 200: messageOnly },
  errors: notFound,
});

export const describeRoute = route({
  ...common,
  method: 'GET',
  path: '/abac/attribute-definitions',
  summary: 'Which attributes there are; all of them where no limit is given',
  query: z.object({
    type: attributeType.optional(),
    page: z.coerce.number().int().min(1).max(1_000_000).optional(),
    limit: z.coerce.number().int().min(1).max(1_000).optional(),
  }),
  responses: { 200: listOf(definitionSchema) },
});

const bag = z.record(z.string(), z.unknown());
const value = z.unknown().meta({ description: 'As its definition says; null takes it away.' });
const valueErrors = { 400: ['validation_error'], ...notFound } as const;
const userParams = z.object({ userId: resourceId });
const resourceParams = z.object({ resourceType: targetName, resourceId });
const slugParam = { attributeSlug: reference };

export const myRoute = route({
  ...common,
  method: 'GET',
  path: '/abac/my-attributes',
  summary: 'What policies know of the caller, flat and below `attributes`',
  responses: { 200: z.looseObject({ user_id: z.string(), attributes: bag }) },
});

export const readUserRoute = route({
  ...common,
  method: 'GET',
  path: '/abac/users/:userId/attributes',
  aliases: ['/admin/users/:userId/attributes'],
  summary: 'What policies know of a subject',
  params: userParams,
  responses: { 200: z.object({ userId: z.string(), user_id: z.string(), attributes: bag }) },
});

export const setUserRoute = route({
  ...common,
  method: 'PUT',
  path: '/abac/users/:userId/attributes/:attributeSlug',
  summary: 'Set an attribute of a subject, by id or e-mail address',
  params: userParams.extend(slugParam),
  body: z.object({ value }),
  responses: {
    200: z.object({
      message: z.string(),
      data: z.object({ userId: z.string(), attributeSlug: z.string(), attributeName: z.string(), value: z.unknown() }),
    }),
  },
  errors: valueErrors,
});

export const setUserManyRoute = route({
  ...common,
  method: 'PUT',
  path: '/abac/users/:userId/attributes',
  aliases: ['/admin/users/:userId/attributes'],
  summary: 'Set several attributes of a subject, all or none',
  params: userParams,
  body: z.looseObject({ attributes: bag.optional() }),
  responses: { 200: z.object({ message: z.string(), data: z.object({ userId: z.string(), attributes: bag }) }) },
  errors: valueErrors,
});

export const removeUserRoute = route({
  ...common,
  method: 'DELETE',
  path: '/abac/users/:userId/attributes/:attributeSlug',
  summary: 'Take an attribute from a subject',
  params: userParams.extend(slugParam),
  responses: { 200: messageOnly },
  errors: notFound,
});

export const readResourceRoute = route({
  ...common,
  method: 'GET',
  path: '/abac/resources/:resourceType/:resourceId/attributes',
  summary: 'What policies know of a resource',
  params: resourceParams,
  responses: { 200: z.object({ resourceType: z.string(), resourceId: z.string(), attributes: bag }) },
});

export const setResourceRoute = route({
  ...common,
  method: 'PUT',
  path: '/abac/resources/:resourceType/:resourceId/attributes/:attributeSlug',
  summary: 'Set an attribute of a resource',
  params: resourceParams.extend(slugParam),
  body: z.object({ value }),
  responses: {
    200: z.object({
      message: z.string(),
      data: z.object({
        id: z.string(),
        resourceType: z.string(),
        resourceId: z.string(),
        attributeSlug: z.string(),
        attributeName: z.string(),
        value: z.unknown(),
      }),
    }),
  },
  errors: valueErrors,
});

export const removeResourceRoute = route({
  ...common,
  method: 'DELETE',
  path: '/abac/resources/:resourceType/:resourceId/attributes/:attributeSlug',
  summary: 'Take an attribute from a resource',
  params: resourceParams.extend(slugParam),
  responses: { 200: messageOnly },
  errors: notFound,
});
