import { createRandom, type Random } from './random.js';

/** A relation in the words of the OpenFGA API. */
export interface Tuple {
  readonly user: string;
  readonly relation: string;
  readonly object: string;
}

/** A question whose answer is known. */
export interface Question extends Tuple {
  readonly allowed: boolean;
}

/** Documents in folders 5 deep, shared with groups nested 5 deep, as a company has them. */
export interface DocumentsGraph {
  /** The model, in the JSON of the OpenFGA modelling language. */
  readonly model: object;
  readonly tupleCount: number;
  /** Every tuple once, in an order in which a user of the product would write them. */
  tuples(): Iterable<Tuple>;
  /** Whether a random user may view a random document; most may not. */
  randomQuestions(count: number, seed: number): readonly Question[];
  /** Who reaches how many documents through one folder. */
  readonly lister: { readonly user: string; readonly documents: number };
}

const DEPTH = 5;
/** Shares of all tuples; the rest are owners of documents. */
const SHARE = { documents: 0.5, memberships: 0.2, folders: 0.04, folderViewers: 0.035 } as const;
const USERS_SHARE = 0.1;
const GROUPS_SHARE = 0.016;
const LISTED = 10_000;

const direct = (...types: readonly object[]) => ({ directly_related_user_types: types });
const USER = { type: 'user' };
const MEMBERS = { type: 'group', relation: 'member' };
const FROM_PARENT = {
  tupleToUserset: { tupleset: { relation: 'parent' }, computedUserset: { relation: 'viewer' } },
};

const MODEL = {
  schema_version: '1.1',
  type_definitions: [
    { type: 'user', relations: {} },
    { type: 'group', relations: { member: { this: {} } }, metadata: { relations: { member: direct(USER, MEMBERS) } } },
    {
      type: 'folder',
      relations: { parent: { this: {} }, viewer: { union: { child: [{ this: {} }, FROM_PARENT] } } },
      metadata: { relations: { parent: direct({ type: 'folder' }), viewer: direct(USER, MEMBERS) } },
    },
    {
      type: 'document',
      relations: {
        parent: { this: {} },
        owner: { this: {} },
        viewer: { union: { child: [{ this: {} }, { computedUserset: { relation: 'owner' } }, FROM_PARENT] } },
      },
      metadata: {
        relations: {
          parent: direct({ type: 'folder' }),
          owner: direct(USER),
          viewer: direct(USER, MEMBERS),
        },
      },
    },
  ],
};

/** Numbers instead of names: a million tuples stay small, and the answers can be worked out. */
interface Layout {
  readonly users: number;
  readonly groups: readonly number[];
  /** Group of the next level that holds a group, by level. */
  readonly groupParent: readonly Uint32Array[];
  /** Two groups of the lowest level for each user. */
  readonly membership: Uint32Array;
  readonly folderParent: Int32Array;
  /** Level and number of the group that sees a folder, -1 where none does. */
  readonly folderViewerLevel: Int8Array;
  readonly folderViewer: Uint32Array;
  readonly documentFolder: Uint32Array;
  /** -1 where a document has no owner. */
  readonly documentOwner: Int32Array;
}

/** The same graph for the same size, wherever it is made. */
export function createDocumentsGraph(size: number): DocumentsGraph {
  const layout = layOut(size, createRandom(1));
  const { users, documentOwner, documentFolder } = layout;
  let tupleCount = 0;
  for (const _ of tuplesOf(layout)) tupleCount++;
  return {
    model: MODEL,
    tupleCount,
    tuples: () => tuplesOf(layout),
    randomQuestions(count, seed) {
      const random = createRandom(seed);
      return Array.from({ length: count }, () => {
        const user = random(users);
        const document = random(documentFolder.length);
        const allowed = documentOwner[document] === user || seesFolder(layout, user, documentFolder[document] ?? 0);
        return { user: `user:u${user}`, relation: 'viewer', object: `document:d${document}`, allowed };
      });
    },
    lister: { user: 'user:lister', documents: Math.min(LISTED, documentFolder.length) },
  };
}

function layOut(size: number, random: Random): Layout {
  const users = Math.ceil(size * USERS_SHARE);
  const groups = groupSizes(Math.ceil(size * GROUPS_SHARE));
  const folders = Math.ceil(size * SHARE.folders);
  const documents = Math.ceil(size * SHARE.documents);
  const groupParent = groups
    .slice(0, -1)
    .map((count, level) => Uint32Array.from({ length: count }, () => random(groups[level + 1] ?? 1)));
  const membership = Uint32Array.from({ length: Math.ceil(size * SHARE.memberships) }, () => random(groups[0] ?? 1));
  const folderParent = parents(folders, random);
  const folderViewerLevel = new Int8Array(folders).fill(-1);
  const folderViewer = new Uint32Array(folders);
  for (let left = Math.ceil(size * SHARE.folderViewers); left > 0; left--) {
    const folder = random(folders);
    const level = random(DEPTH);
    folderViewerLevel[folder] = level;
    folderViewer[folder] = random(groups[level] ?? 1);
  }
  const documentFolder = Uint32Array.from({ length: documents }, () => random(folders));
  const rest = size - documents - membership.length - folders - Math.ceil(size * SHARE.folderViewers);
  const owned = Math.max(0, rest - groups.reduce((sum, count) => sum + count, 0));
  const documentOwner = Int32Array.from({ length: documents }, (_, document) =>
    document < owned ? random(users) : -1,
  );
  return {
    users,
    groups,
    groupParent,
    membership,
    folderParent,
    folderViewerLevel,
    folderViewer,
    documentFolder,
    documentOwner,
  };
}

/** Each level half as large as the one below. */
function groupSizes(all: number): readonly number[] {
  const top = all / (2 ** DEPTH - 1);
  return Array.from({ length: DEPTH }, (_, level) => Math.max(1, Math.round(top * 2 ** (DEPTH - 1 - level))));
}

/** A forest of folders `DEPTH` deep: the first fifth has no parent, each next one lies in the fifth before. */
function parents(folders: number, random: Random): Int32Array {
  const level = Math.max(1, Math.ceil(folders / DEPTH));
  return Int32Array.from({ length: folders }, (_, folder) => {
    const above = Math.floor(folder / level) - 1;
    return above < 0 ? -1 : above * level + random(level);
  });
}

function* tuplesOf(layout: Layout): Iterable<Tuple> {
  const { groupParent, membership, users, folderParent, folderViewerLevel, folderViewer } = layout;
  for (const [level, above] of groupParent.entries())
    for (const [group, parent] of above.entries())
      yield { user: `group:l${level}-${group}#member`, relation: 'member', object: `group:l${level + 1}-${parent}` };
  const seen = new Set<number>();
  for (const [index, group] of membership.entries()) {
    const user = index % users;
    const key = user * 2 ** 20 + group;
    if (seen.has(key)) continue;
    seen.add(key);
    yield { user: `user:u${user}`, relation: 'member', object: `group:l0-${group}` };
  }
  for (const [folder, parent] of folderParent.entries()) {
    if (parent >= 0) yield { user: `folder:f${parent}`, relation: 'parent', object: `folder:f${folder}` };
    const level = folderViewerLevel[folder] ?? -1;
    if (level >= 0)
      yield { user: `group:l${level}-${folderViewer[folder]}#member`, relation: 'viewer', object: `folder:f${folder}` };
  }
  yield { user: 'user:lister', relation: 'member', object: 'group:listers' };
  yield { user: 'group:listers#member', relation: 'viewer', object: 'folder:listed' };
  for (const [document, folder] of layout.documentFolder.entries()) {
    yield { user: `folder:f${folder}`, relation: 'parent', object: `document:d${document}` };
    // In two folders: nobody but the lister learns of them by the second.
    if (document < LISTED) yield { user: 'folder:listed', relation: 'parent', object: `document:d${document}` };
    const owner = layout.documentOwner[document] ?? -1;
    if (owner >= 0) yield { user: `user:u${owner}`, relation: 'owner', object: `document:d${document}` };
  }
}

/** Works an answer out in another way than a server does: upwards from the folder, each group upwards from the user. */
function seesFolder(layout: Layout, user: number, start: number): boolean {
  for (let folder = start; folder >= 0; folder = layout.folderParent[folder] ?? -1) {
    const level = layout.folderViewerLevel[folder] ?? -1;
    if (level >= 0 && isMember(layout, user, level, layout.folderViewer[folder] ?? 0)) return true;
  }
  return false;
}

function isMember({ membership, users, groupParent }: Layout, user: number, level: number, group: number): boolean {
  for (let index = user; index < membership.length; index += users) {
    let at = membership[index] ?? 0;
    for (let below = 0; below < level; below++) at = groupParent[below]?.[at] ?? 0;
    if (at === group) return true;
  }
  return false;
}
