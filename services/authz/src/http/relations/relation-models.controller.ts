import { DomainError } from '@lumo/kit';
import { APP, Handles, type InputOf } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { TriedAnswer } from '../../app/relations/dry-run-model.js';
import type { ModelSource } from '../../app/relations/model-source.js';
import type { StoreView } from '../../app/relations/read-stores.js';
import type { AuthzApp } from '../../app.js';
import { askedAlong, askedWhere, ownSubject } from './relation-input.js';
import * as routes from './relation-models.routes.js';

/** Models and the stores that hold them. */
@Controller()
export class RelationModelsController {
  constructor(@Inject(APP) private readonly app: AuthzApp) {}

  @Handles(routes.writeModel)
  async writeModel({ ctx, body }: InputOf<typeof routes.writeModel>): Promise<object> {
    await this.app.requireRelationRight(ctx, 'manage');
    const { id, created, token } = await this.app.writeModel(ctx, {
      model: this.app.readModelSource(sourceOf(body)),
      ...(body.store !== undefined && { store: body.store }),
    });
    return { id, created, token };
  }

  @Handles(routes.listModels)
  async listModels({ ctx, query }: InputOf<typeof routes.listModels>): Promise<object> {
    await this.app.requireRelationRight(ctx, 'read');
    const { models, cursor } = await this.app.listModels(ctx, {
      pageSize: query.limit,
      ...(query.store !== undefined && { store: query.store }),
      ...(query.cursor !== undefined && { cursor: query.cursor }),
    });
    return {
      models: models.map(({ id, createdAt }) => ({ id, created_at: createdAt.toISOString() })),
      ...(cursor && { cursor }),
    };
  }

  @Handles(routes.readModel)
  async readModel({ ctx, params, query }: InputOf<typeof routes.readModel>): Promise<object> {
    await this.app.requireRelationRight(ctx, 'read');
    const { id, model, createdAt } = await this.app.readModel(ctx, {
      id: params.modelId,
      ...(query.store !== undefined && { store: query.store }),
    });
    const dsl = this.app.modelText(model);
    return { id, created_at: createdAt.toISOString(), json: model, ...(dsl !== undefined && { dsl }) };
  }

  @Handles(routes.listStores)
  async listStores({ ctx, query }: InputOf<typeof routes.listStores>): Promise<object> {
    await this.app.requireRelationRight(ctx, 'read');
    const { stores, cursor } = await this.app.listStores(ctx, {
      pageSize: query.limit,
      ...(query.name !== undefined && { name: query.name }),
      ...(query.cursor !== undefined && { cursor: query.cursor }),
    });
    return { stores: stores.map(viewStore), ...(cursor && { cursor }) };
  }

  @Handles(routes.createStore)
  async createStore({ ctx, body }: InputOf<typeof routes.createStore>): Promise<object> {
    await this.app.requireRelationRight(ctx, 'manage');
    return viewStore(await this.app.createStore(ctx, { name: body.name }));
  }

  @Handles(routes.readStore)
  async readStore({ ctx, params }: InputOf<typeof routes.readStore>): Promise<object> {
    await this.app.requireRelationRight(ctx, 'read');
    return viewStore(await this.app.readStore(ctx, { store: params.storeId }));
  }

  @Handles(routes.deleteStore)
  async deleteStore({ ctx, params }: InputOf<typeof routes.deleteStore>): Promise<object> {
    await this.app.requireRelationRight(ctx, 'manage');
    await this.app.deleteStore(ctx, { store: params.storeId });
    return { message: 'Store deleted.' };
  }

  @Handles(routes.dryRun)
  async dryRun({ ctx, body }: InputOf<typeof routes.dryRun>): Promise<object> {
    await this.app.requireRelationRight(ctx, 'read');
    const { checked, changed, token } = await this.app.dryRunModel(ctx, {
      model: this.app.readModelSource(sourceOf(body)),
      ...askedWhere({ store: body.store, consistency: body.consistency }),
      ...(body.checks && {
        checks: body.checks.map(({ object, relation, subject = ownSubject(ctx), ...along }) => ({
          ...{ object, relation, subject },
          ...askedAlong(along),
        })),
      }),
    });
    return {
      checked,
      changed: changed.map(({ check: { contextualTuples, ...check }, before, after }) => ({
        ...check,
        ...(contextualTuples && { contextual_tuples: contextualTuples }),
        before: viewTried(before),
        after: viewTried(after),
      })),
      token,
    };
  }
}

/** An answer of a dry run; one that could not be decided says why. */
function viewTried(answer: TriedAnswer): object {
  if (typeof answer === 'boolean') return { allowed: answer };
  const { code, message, details } = answer;
  return { error: { code, message, ...(details && { details }) } };
}

type GivenSource = Pick<InputOf<typeof routes.writeModel>['body'], 'dsl' | 'json' | 'modules'>;

/** The one form in which a model was sent. */
export function sourceOf({ dsl, json, modules }: GivenSource): ModelSource {
  const forms: readonly ModelSource[] = [
    ...(dsl === undefined ? [] : [{ dsl }]),
    ...(json === undefined ? [] : [{ json }]),
    ...(modules === undefined ? [] : [{ modules }]),
  ];
  const [source, ...more] = forms;
  if (source && more.length === 0) return source;
  throw new DomainError('invalid', 'validation_error', 'Send the model as dsl, json or modules: one of them.', {
    details: { dsl: 'one of dsl, json and modules' },
  });
}

function viewStore({ id, name, modelId, createdAt, updatedAt }: StoreView): object {
  return { id, name, model: modelId, created_at: createdAt.toISOString(), updated_at: updatedAt.toISOString() };
}
