import type { Org } from '@lumo/tenancy';
import type { CompiledModel } from '../../core/rebac/compiled-model.js';
import type { RelationEngine } from '../../core/rebac/relation-engine.js';
import type { LoggedChange, StoreChange } from '../../relation-ports.js';
import { ChangeTail, opsOf } from './change-tail.js';
import { Turns } from './turns.js';

/** What a store is while its tuples are in memory. */
export interface StoreContent {
  readonly engine: RelationEngine;
  /** Of the store, in rows. */
  readonly number: number;
  /** The model that counts where a question names none. */
  modelId: string | null;
  readonly tail: ChangeTail;
  /** The model of the newest answer: most questions are about the same. */
  answering?: { readonly id: string; readonly model: CompiledModel };
  /** Tuples written and deleted since the last snapshot. */
  unsaved: number;
}

/** Changes that were heard of before the one in front of them. */
const WAITING_OPS = 10_000;

/** One store, what is known to be newer than it, and who has the turn. */
export class HeldStore {
  content: StoreContent | undefined;
  /** The revision that an answer needs at least; infinite where only a fresh reading can tell. */
  required = 0;
  /** Counts demands: a reading only answers those that were made before it began. */
  demands = 0;
  /** What is here is all that was committed before this moment, where something newer is required. */
  currentUntilMs = 0;
  /** The token of the newest answer. */
  token: { readonly epoch: string; readonly revision: number; readonly text: string } | undefined;
  /** The one reading in progress. */
  advancing: Promise<void> | undefined;
  readonly turns = new Turns();
  /** Models that counted at earlier revisions, by revision. */
  readonly formerModels = new Map<number, string | null>();
  #waiting: StoreChange[] = [];
  #waitingOps = 0;
  #isInLine = false;

  constructor(
    readonly org: Org,
    readonly id: string,
  ) {}

  get revision(): number {
    return this.content?.engine.revision ?? -1;
  }

  get byteSize(): number {
    return this.content?.engine.byteSize ?? 0;
  }

  get isBusy(): boolean {
    return this.advancing !== undefined || this.turns.isTaken;
  }

  /**
   * Everything of the store at least up to a revision must be known from now on.
   * @param coveredUntilMs all that was committed before this moment was demanded before
   */
  demand(revision: number, coveredUntilMs: number): void {
    if (revision <= this.revision) return;
    if (this.required <= this.revision) this.currentUntilMs = coveredUntilMs;
    this.required = Math.max(this.required, revision);
    this.demands++;
  }

  /** The reading that began at `demands` found this to be all there is. */
  settle(demands: number): void {
    if (this.demands === demands) this.required = Math.min(this.required, this.revision);
  }

  /** Only with the turn, or while nobody has it. */
  apply(change: LoggedChange): void {
    const { content } = this;
    if (!content || change.revision <= content.engine.revision) return;
    content.engine.apply(change);
    content.tail.push(change);
    content.unsaved += opsOf(change);
    if (change.modelId !== undefined) content.modelId = change.modelId;
    if (change.gone) this.drop();
  }

  /** Takes a change that was committed just now; applies it when what comes before it is here and nobody has the turn. */
  hear(change: StoreChange): void {
    if (!this.content || change.revision <= this.revision || this.#waitingOps > WAITING_OPS) return;
    const place = this.#waiting.findLastIndex(({ revision }) => revision <= change.revision);
    if (this.#waiting[place]?.revision === change.revision) return;
    this.#waiting.splice(place + 1, 0, change);
    this.#waitingOps += opsOf(change);
    if (!this.turns.isTaken) this.applyWaiting();
    else if (!this.#isInLine) {
      this.#isInLine = true;
      void this.turns.change(async () => {
        this.#isInLine = false;
        this.applyWaiting();
      });
    }
  }

  drop(): void {
    this.content = undefined;
    this.formerModels.clear();
    this.#forgetWaiting();
  }

  /** Applies what waited for what came before it. Only with the turn, or while nobody has it. */
  applyWaiting(): void {
    while (this.content) {
      const [next] = this.#waiting;
      if (!next || next.previous > this.revision) break;
      this.#waiting.shift();
      this.#waitingOps -= opsOf(next);
      this.apply(next);
    }
    // What waits behind a gap longer than this is read from the database, when somebody asks.
    if (this.#waitingOps > WAITING_OPS) this.#forgetWaiting();
  }

  #forgetWaiting(): void {
    this.#waiting = [];
    this.#waitingOps = 0;
  }
}
