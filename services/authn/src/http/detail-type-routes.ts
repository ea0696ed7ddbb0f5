import { messageOnly, requires, route, single } from '@lumo/service';
import { z } from 'zod';
import { DETAIL_FIELD_KINDS } from '../core/authorization-details.js';
import { isoTime, line, reference } from './fields.js';

const mount = 'org' as const;
const tag = 'Authorization details';
const access = requires('admin:settings');

const field = z.strictObject({
  name: z.string().min(1).max(64),
  label: line(100),
  kind: z.enum(DETAIL_FIELD_KINDS).default('text'),
  required: z.boolean().default(false),
  values: z.array(z.string().min(1).max(256)).max(100).default([]),
  get fields() {
    return z.array(field).max(50).optional();
  },
});

const members = {
  name: line(100),
  description: line(500).nullable().default(null),
  fields: z.array(field).max(50).default([]),
};

const params = z.object({ type: reference });

const fieldView = z
  .object({
    name: z.string(),
    label: z.string(),
    kind: z.enum(DETAIL_FIELD_KINDS),
    required: z.boolean(),
    values: z.array(z.string()),
    get fields() {
      return z.array(fieldView).optional();
    },
  })
  .meta({ id: 'AuthorizationDetailsField' });

/** A type of RFC 9396: what clients may ask for in detail, and how a person is told. */
export const detailTypeView = z
  .object({
    type: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    fields: z.array(fieldView),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: 'AuthorizationDetailsType' });

export const detailTypeRoutes = {
  list: route({
    method: 'GET',
    path: '/admin/authorization-details-types',
    mount,
    tag,
    access,
    summary: 'List the types of authorization details',
    responses: { 200: z.object({ data: z.array(detailTypeView), resourceType: z.string() }) },
  }),
  create: route({
    method: 'POST',
    path: '/admin/authorization-details-types',
    mount,
    tag,
    access,
    summary: 'Register a type of authorization details',
    body: z.strictObject({ type: z.string().min(1).max(128), ...members }),
    responses: { 201: single(detailTypeView) },
    errors: { 409: ['duplicate_resource', 'limit_reached'] },
  }),
  read: route({
    method: 'GET',
    path: '/admin/authorization-details-types/:type',
    mount,
    tag,
    access,
    summary: 'Read a type of authorization details',
    params,
    responses: { 200: single(detailTypeView) },
    errors: { 404: ['resource_not_found'] },
  }),
  replace: route({
    method: 'PUT',
    path: '/admin/authorization-details-types/:type',
    mount,
    tag,
    access,
    summary: 'Replace what a type of authorization details may contain',
    params,
    body: z.strictObject(members),
    responses: { 200: single(detailTypeView) },
    errors: { 404: ['resource_not_found'] },
  }),
  remove: route({
    method: 'DELETE',
    path: '/admin/authorization-details-types/:type',
    mount,
    tag,
    access,
    summary: 'Delete a type of authorization details; nobody can ask for it any more',
    params,
    responses: { 200: messageOnly },
    errors: { 404: ['resource_not_found'] },
  }),
};
