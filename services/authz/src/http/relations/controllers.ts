import { FgaAssertionsController } from '../openfga/fga-assertions.controller.js';
import { FgaDataController } from '../openfga/fga-data.controller.js';
import { FgaQuestionsController } from '../openfga/fga-questions.controller.js';
import { NamespacesController } from './namespaces.controller.js';
import { RelationDataController } from './relation-data.controller.js';
import { RelationModelsController } from './relation-models.controller.js';
import { RelationsController } from './relations.controller.js';
import { OrgZanzibarController, RootZanzibarController, ZanzibarDataController } from './zanzibar.controller.js';

/** Everything that is said about relations over HTTP, in three languages: ours, the contract's, and OpenFGA's. */
export const RELATION_CONTROLLERS = [
  RelationsController,
  RelationDataController,
  RelationModelsController,
  RootZanzibarController,
  OrgZanzibarController,
  ZanzibarDataController,
  NamespacesController,
  FgaDataController,
  FgaQuestionsController,
  FgaAssertionsController,
];
