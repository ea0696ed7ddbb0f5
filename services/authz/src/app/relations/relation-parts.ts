import type { RelationStore } from '../../relation-ports.js';
import type { RelationGraphs } from './ask.js';
import type { Models } from './models.js';
import type { PageCursors } from './page-cursors.js';

/** What the operations on relations are made of. */
export interface RelationParts {
  /** As they are in the database now. */
  readonly records: RelationStore;
  readonly graphs: RelationGraphs;
  readonly models: Models;
  readonly cursors: PageCursors;
  /** How long changes are kept, in milliseconds. */
  readonly keptChangesMs: number;
}
