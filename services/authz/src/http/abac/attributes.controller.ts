import { DomainError } from '@lumo/kit';
import { APP, Handles, type InputOf, type ListBody, listBody } from '@lumo/service';
import type { RequestContext } from '@lumo/tenancy';
import { Controller, Inject } from '@nestjs/common';
import type { CreateDefinition } from '../../app/attributes/change-definitions.js';
import type { AuthzApp } from '../../app.js';
import type { AttributeOwner } from '../../policy-ports.js';
import { typeOfId } from '../subject-reference.js';
import { type DefinitionView, viewDefinition } from './abac-views.js';
import * as routes from './attributes.routes.js';

/** `…/abac/attributes`, and the values of users and resources (contract 3.4). */
@Controller()
export class AttributesController {
  constructor(@Inject(APP) private readonly app: AuthzApp) {}

  @Handles(routes.listRoute)
  async list({ ctx, query }: InputOf<typeof routes.listRoute>): Promise<ListBody<DefinitionView>> {
    const type = query.type ?? query.attributeType;
    const { rows, total } = await this.app.listDefinitions(ctx, { ...query, ...(type && { type }) });
    return listBody('attributes', query, { rows: rows.map(viewDefinition), total });
  }

  @Handles(routes.createRoute)
  async create({ ctx, body }: InputOf<typeof routes.createRoute>): Promise<object> {
    const definition = await this.app.createDefinition(ctx, present(body) as CreateDefinition);
    return { data: viewDefinition({ ...definition, isSystem: false }), message: 'Attribute created.' };
  }

  @Handles(routes.readRoute)
  async read({ ctx, params }: InputOf<typeof routes.readRoute>): Promise<object> {
    return { data: viewDefinition(await this.app.readDefinition(ctx, { reference: params.attributeId })) };
  }

  @Handles(routes.updateRoute)
  async update({ ctx, params, body }: InputOf<typeof routes.updateRoute>): Promise<object> {
    const change = { ...(present(body) as Partial<CreateDefinition>), reference: params.attributeId };
    const definition = await this.app.updateDefinition(ctx, change);
    return { data: viewDefinition({ ...definition, isSystem: false }), message: 'Attribute updated.' };
  }

  @Handles(routes.deleteRoute)
  async delete({ ctx, params }: InputOf<typeof routes.deleteRoute>): Promise<object> {
    await this.app.deleteDefinition(ctx, { reference: params.attributeId });
    return { message: 'Attribute deleted.' };
  }

  /** The public clients know no pages: everything is there, unless a limit is asked for. */
  @Handles(routes.describeRoute)
  async describe({ ctx, query }: InputOf<typeof routes.describeRoute>): Promise<ListBody<DefinitionView>> {
    const paging = { page: query.page ?? 1, limit: query.limit ?? 1_000 };
    const { rows, total } = await this.app.describeAttributes(ctx, {
      ...paging,
      ...(query.type && { type: query.type }),
    });
    return listBody('attribute-definitions', paging, { rows: rows.map(viewDefinition), total });
  }

  /** Both shapes of contract 11 row 12; an attribute that is called like a member of ours is found below `attributes`. */
  @Handles(routes.myRoute)
  async mine({ ctx }: InputOf<typeof routes.myRoute>): Promise<object> {
    const { subject, attributes } = await this.app.readMyAttributes(ctx);
    return { ...attributes, user_id: subject.id, attributes };
  }

  @Handles(routes.readUserRoute)
  async readUser({ ctx, params }: InputOf<typeof routes.readUserRoute>): Promise<object> {
    const { type, id } = userOf(params.userId);
    const { subject, attributes } = await this.app.readUserAttributes(ctx, { type, id });
    return { userId: subject.id, user_id: subject.id, attributes };
  }

  @Handles(routes.setUserRoute)
  async setUser({ ctx, params, body }: InputOf<typeof routes.setUserRoute>): Promise<object> {
    const { attributeSlug } = params;
    const { owner, set } = await this.set(ctx, userOf(params.userId), { [attributeSlug]: body.value });
    const name = set[0]?.definition.name ?? attributeSlug;
    return {
      message: 'Attribute set.',
      data: { userId: owner.id, attributeSlug, attributeName: name, value: set[0]?.value ?? null },
    };
  }

  /** `{attributes: {…}}`, or the attributes themselves. */
  @Handles(routes.setUserManyRoute)
  async setUserMany({ ctx, params, body }: InputOf<typeof routes.setUserManyRoute>): Promise<object> {
    const { owner, set } = await this.set(ctx, userOf(params.userId), body.attributes ?? body);
    const attributes = Object.fromEntries(set.map(({ definition, value }) => [definition.slug, value]));
    return { message: 'Attributes set.', data: { userId: owner.id, attributes } };
  }

  @Handles(routes.removeUserRoute)
  async removeUser({ ctx, params }: InputOf<typeof routes.removeUserRoute>): Promise<object> {
    await this.set(ctx, userOf(params.userId), { [params.attributeSlug]: null });
    return { message: 'Attribute removed.' };
  }

  @Handles(routes.readResourceRoute)
  async readResource({ ctx, params }: InputOf<typeof routes.readResourceRoute>): Promise<object> {
    const { resourceType, resourceId } = params;
    const attributes = await this.app.readResourceAttributes(ctx, { type: resourceType, id: resourceId });
    return { resourceType, resourceId, attributes };
  }

  @Handles(routes.setResourceRoute)
  async setResource({ ctx, params, body }: InputOf<typeof routes.setResourceRoute>): Promise<object> {
    const { resourceType, resourceId, attributeSlug } = params;
    const { set } = await this.set(ctx, resourceOf(params), { [attributeSlug]: body.value });
    const [{ definition, value, number } = { definition: undefined, value: null, number: 0 }] = set;
    return {
      message: 'Attribute set.',
      data: {
        id: String(number),
        ...{ resourceType, resourceId, attributeSlug },
        attributeName: definition?.name ?? attributeSlug,
        value,
      },
    };
  }

  @Handles(routes.removeResourceRoute)
  async removeResource({ ctx, params }: InputOf<typeof routes.removeResourceRoute>): Promise<object> {
    await this.set(ctx, resourceOf(params), { [params.attributeSlug]: null });
    return { message: 'Attribute removed.' };
  }

  private set(ctx: RequestContext, owner: AttributeOwner, values: Readonly<Record<string, unknown>>) {
    for (const [slug, value] of Object.entries(values)) {
      if (value === undefined)
        throw new DomainError('invalid', 'validation_error', `value of ${slug.slice(0, 100)} is required.`, {
          details: { value: 'is required; null takes it away.' },
        });
    }
    return this.app.setAttributes(ctx, { owner, values });
  }
}

/** Ids carry their kind: agents and clients have attributes too. */
function userOf(id: string): AttributeOwner {
  return { kind: 'user', type: typeOfId(id), id };
}

function resourceOf({
  resourceType: type,
  resourceId: id,
}: {
  resourceType: string;
  resourceId: string;
}): AttributeOwner {
  return { kind: 'resource', type, id };
}

/** Without the members that are present and undefined: a change names what it changes. */
function present(body: object): object {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}
