import type { CompiledModel } from '../compiled-model.js';
import type { Kinds } from './kinds.js';
import { ModelPlan } from './model-plan.js';
import { SubjectPlan, type SubjectShape } from './subject-plan.js';

/** Plans made so far. They go with their models, and are made anew when the store learns of a new kind. */
export class Plans {
  private readonly ofModel = new WeakMap<CompiledModel, ModelPlan>();
  private readonly ofShape = new WeakMap<ModelPlan, Map<number, SubjectPlan>>();

  of(model: CompiledModel, kinds: Kinds): ModelPlan {
    const known = this.ofModel.get(model);
    if (known && known.version === kinds.version) return known;
    const plan = new ModelPlan(model, kinds, kinds.version);
    this.ofModel.set(model, plan);
    this.ofShape.set(plan, new Map());
    return plan;
  }

  forSubject(plan: ModelPlan, shape: SubjectShape): SubjectPlan {
    const shapes = this.ofShape.get(plan) ?? new Map<number, SubjectPlan>();
    const key = (shape.type * (plan.relations.length + 1) + shape.relation + 1) * 2 + (shape.isEverybody ? 1 : 0);
    const known = shapes.get(key);
    if (known) return known;
    if (shapes.size * plan.relations.length > KEPT) shapes.clear();
    const made = new SubjectPlan(plan, shape);
    shapes.set(key, made);
    return made;
  }
}

/** Relations over all shapes of one model. A large model has many shapes, and somebody may ask for each. */
const KEPT = 500_000;
