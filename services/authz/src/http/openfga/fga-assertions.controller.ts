import { APP, Handles, type InputOf } from '@lumo/service';
import { Controller, Inject } from '@nestjs/common';
import type { AuthzApp } from '../../app.js';
import { along, requireModelId, requireStoreId } from './fga-asking.js';
import { readKey, viewTuple } from './fga-tuple.js';
import * as routes from './openfga.routes.js';
import { QUESTION, speakFga } from './speak-fga.js';

/** Assertions in the API of OpenFGA. */
@Controller()
export class FgaAssertionsController {
  constructor(@Inject(APP) private readonly app: AuthzApp) {}

  @Handles(routes.readAssertions)
  read({ ctx, params }: InputOf<typeof routes.readAssertions>): Promise<object> {
    return speakFga(QUESTION, async () => {
      await this.app.requireRelationRight(ctx, 'read');
      const target = targetOf(params);
      const assertions = await this.app.readAssertions(ctx, target);
      return {
        authorization_model_id: target.modelId,
        assertions: assertions.map(({ object, relation, subject, expectation, context, contextualTuples = [] }) => ({
          tuple_key: { object, relation, user: subject },
          expectation,
          contextual_tuples: contextualTuples.map(viewTuple),
          context: context ?? null,
        })),
      };
    });
  }

  @Handles(routes.writeAssertions)
  write({ ctx, params, body }: InputOf<typeof routes.writeAssertions>): Promise<void> {
    return speakFga(QUESTION, async () => {
      await this.app.requireRelationRight(ctx, 'manage');
      await this.app.writeAssertions(ctx, {
        ...targetOf(params),
        assertions: body.assertions.map((given) => ({
          ...readKey(given.tuple_key),
          expectation: given.expectation ?? false,
          ...along(given.context, given.contextual_tuples),
        })),
      });
    });
  }
}

function targetOf({ storeId, modelId }: { readonly storeId: string; readonly modelId: string }) {
  return { store: requireStoreId(storeId), modelId: requireModelId(modelId) };
}
