import { DomainError } from '@lumo/kit';
import { runInContext, systemContext } from '@lumo/tenancy';
import type { CompiledModel } from '../../core/rebac/compiled-model.js';
import type { RelationEngine } from '../../core/rebac/relation-engine.js';
import type { RelationStore } from '../../relation-ports.js';
import type { AskTarget, Standpoint } from './ask.js';
import { KEPT_OPS, opsOf, type Rewind } from './change-tail.js';
import type { Standard } from './consistency.js';
import type { ConsistencyTokens } from './consistency-tokens.js';
import type { HeldStore, StoreContent } from './held-store.js';
import type { Models } from './models.js';
import { QuestionBudget, type QuestionKind } from './question-budget.js';
import { modelNotFound } from './store-id.js';

/** A standpoint whose time can be stopped while others have their turn. */
export interface OpenStandpoint extends Standpoint {
  pause(): void;
  resume(): void;
}

/** From a store in memory to where a question is answered: its revision, its model, and what has to be undone. */
export interface Standpoints {
  /** Undefined where something has to be read first: `prepare` does. */
  find(held: HeldStore, target: AskTarget, standard: Standard, epoch: string): OpenStandpoint | undefined;
  prepare(held: HeldStore, target: AskTarget, standard: Standard): Promise<void>;
}

const CHANGES_PER_READING = 200;
/** Earlier revisions whose model is remembered. */
const FORMER_MODELS = 100;

export function createStandpoints(options: {
  readonly models: Models;
  readonly records: RelationStore;
  readonly tokens: ConsistencyTokens;
}): Standpoints {
  const { models, records, tokens } = options;

  function tokenOf(held: HeldStore, epoch: string, revision: number): string {
    const known = held.token;
    if (known?.epoch === epoch && known.revision === revision) return known.text;
    const text = tokens.mint(held.org.id, epoch, revision);
    held.token = { epoch, revision, text };
    return text;
  }

  function modelOf(content: StoreContent, id: string): CompiledModel | undefined {
    if (content.answering?.id === id) return content.answering.model;
    const model = models.peek(content.number, id);
    if (model) content.answering = { id, model };
    return model;
  }

  /** Null: there was none; undefined: not known. */
  function modelAt(held: HeldStore, { modelId, tail }: StoreContent, standard: Standard): string | null | undefined {
    if (standard.mode !== 'exact' || !tail.hasModelSince(standard.revision)) return modelId;
    return held.formerModels.get(standard.revision);
  }

  /** Reads the changes after a revision, as far back as a question can undo them. */
  async function reachBack(held: HeldStore, content: StoreContent, revision: number): Promise<void> {
    const earlier = [];
    let after = revision;
    for (let { ops } = content.tail; ; ) {
      const reading = await records.changes(held.id, { after, limit: CHANGES_PER_READING });
      if (!reading || reading.store.pruned > revision) throw snapshotUnavailable();
      for (const change of reading.changes) {
        if (content.tail.reaches(change.revision - 1)) break;
        ops += opsOf(change);
        earlier.push(change);
      }
      if (ops > KEPT_OPS) throw snapshotUnavailable();
      after = reading.changes.at(-1)?.revision ?? after;
      if (!reading.more || content.tail.reaches(after)) break;
    }
    content.tail.extend(revision, earlier);
  }

  async function rememberFormerModel(held: HeldStore, content: StoreContent, revision: number): Promise<void> {
    const [former] = await records.models(content.number, { before: revision + 1, limit: 1 });
    if (held.formerModels.size >= FORMER_MODELS) held.formerModels.clear();
    held.formerModels.set(revision, former?.id ?? null);
  }

  return {
    find(held, target, standard, epoch) {
      const { content } = held;
      if (!content) return undefined;
      const { engine, tail } = content;
      const revision = standard.mode === 'exact' ? standard.revision : engine.revision;
      if (revision > engine.revision || (standard.mode === 'exact' && !tail.reaches(revision))) return undefined;
      const modelId = target.modelId ?? modelAt(held, content, standard);
      if (modelId === undefined) return undefined;
      if (modelId === null) throw modelNotFound();
      const model = modelOf(content, modelId);
      if (!model) return undefined;
      const rewind = revision < engine.revision ? tail.rewindTo(revision) : undefined;
      return new At({ engine, model, modelId, revision, token: tokenOf(held, epoch, revision), rewind });
    },

    prepare(held, target, standard) {
      return runInContext(systemContext('authz', 'relation-graphs', held.org), async () => {
        const { content } = held;
        if (!content) return;
        const { mode } = standard;
        if (mode === 'exact' && !content.tail.reaches(standard.revision)) {
          await reachBack(held, content, standard.revision);
        }
        let modelId = target.modelId ?? modelAt(held, content, standard);
        if (modelId === undefined && mode === 'exact') {
          await rememberFormerModel(held, content, standard.revision);
          modelId = held.formerModels.get(standard.revision);
        }
        if (typeof modelId !== 'string' || models.peek(content.number, modelId)) return;
        if (!(await models.load(records, content.number, modelId))) throw modelNotFound(target.modelId);
      });
    },
  };
}

class At implements OpenStandpoint {
  readonly engine: RelationEngine;
  readonly model: CompiledModel;
  readonly modelId: string;
  readonly revision: number;
  readonly token: string;
  readonly #rewind: Rewind | undefined;
  /** Of the question that runs now. */
  #budget: QuestionBudget | undefined;

  constructor(facts: Omit<Standpoint, 'asking'> & { readonly rewind: Rewind | undefined }) {
    this.engine = facts.engine;
    this.model = facts.model;
    this.modelId = facts.modelId;
    this.revision = facts.revision;
    this.token = facts.token;
    this.#rewind = facts.rewind;
  }

  asking(maxDepth?: number, kind: QuestionKind = 'question') {
    const budget = new QuestionBudget(kind, maxDepth);
    this.#budget = budget;
    return { model: this.model, budget, ...(this.#rewind && { rewind: this.#rewind }) };
  }

  pause(): void {
    this.#budget?.pause();
  }

  resume(): void {
    this.#budget?.resume();
  }
}

function snapshotUnavailable(): DomainError {
  return new DomainError(
    'gone',
    'snapshot_unavailable',
    'Too much changed since that state for it to be answered exactly. Ask with "at_least_as_fresh" or begin anew.',
  );
}
