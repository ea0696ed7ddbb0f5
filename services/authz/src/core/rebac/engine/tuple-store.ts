import type { RelationTuple, TupleKey } from '../tuple.js';
import { Caveats, type SavedCaveats } from './caveats.js';
import { IdSets, type SavedIdSets } from './id-sets.js';
import { Interner, type SavedInterner } from './interner.js';
import { Kinds, type SavedKinds } from './kinds.js';
import { isEverybody, partsOf } from './names.js';
import { NONE, Records, type SavedRecords } from './records.js';

/**
 * Tuples by number. An entity is `type:id`; a node is an entity with a kind, `document:1#viewer`. A node knows its plain
 * subjects (entities, `type:*` among them) and its usersets (nodes); both know the nodes that they are subjects of. What
 * nothing refers to any more is freed at once, so memory follows the tuples that there are.
 */
export class TupleStore {
  readonly kinds: Kinds;
  readonly entities: Interner;
  readonly nodes: Records;
  readonly sets: IdSets;
  readonly caveats: Caveats;
  /** By kind: how often its tuples changed. */
  readonly changesOf: number[];
  /** By type: the entity that stands for everybody, `user:*`; -1 or absent where no tuple names it. */
  readonly everybodyOf: number[] = [];
  count: number;
  /** Changes of any kind. */
  changes = 0;

  constructor(saved?: SavedTuples) {
    this.kinds = new Kinds(saved?.kinds);
    this.entities = new Interner(ENTITY_WORDS, saved?.entities);
    this.nodes = saved ? Records.load(NODE_WORDS, saved.nodes) : new Records(NODE_WORDS);
    this.sets = new IdSets(saved?.sets);
    this.caveats = new Caveats(saved?.caveats);
    this.changesOf = this.kinds.typeOf.map(() => 0);
    this.count = saved?.count ?? 0;
    for (const type of this.kinds.types.keys())
      this.everybodyOf[type] = this.entityOfType(type, EVERYBODY, NONE, EVERYBODY.length);
  }

  get byteSize(): number {
    const { kinds, entities, nodes, sets, caveats } = this;
    return kinds.byteSize + entities.byteSize + nodes.byteSize + sets.byteSize + caveats.byteSize;
  }

  /** Entity of `type:id` up to `end`, or -1. */
  entity(text: string, colon: number, end: number): number {
    const type = this.kinds.typeBefore(text, colon);
    return type === NONE ? NONE : this.entityOfType(type, text, colon, end);
  }

  entityOfType(type: number, text: string, colon: number, end: number): number {
    return this.entities.find(type, text, colon + 1, end, this.entities.hash(type, text, colon + 1, end));
  }

  /** Node of an entity and a kind, or -1. An entity has few nodes; they are a chain. */
  node(entity: number, kind: number): number {
    const { data } = this.nodes;
    const { data: entities } = this.entities.records;
    for (let node = (entities[entity * ENTITY_STRIDE + FIRST_NODE] as number) - 1; node >= 0; ) {
      const row = node * NODE_WORDS;
      if (data[row + KIND] === kind) return node;
      node = data[row + NEXT] as number;
    }
    return NONE;
  }

  typeOf(entity: number): number {
    return this.entities.records.data[entity * ENTITY_STRIDE] as number;
  }

  entityText(entity: number): string {
    return `${this.kinds.types[this.typeOf(entity)]}:${this.entities.textOf(entity)}`;
  }

  nodeText(node: number): string {
    return `${this.entityText(this.entityOf(node))}#${this.kinds.relationOf[this.kindOf(node)]}`;
  }

  entityOf(node: number): number {
    return this.nodes.data[node * NODE_WORDS] as number;
  }

  kindOf(node: number): number {
    return this.nodes.data[node * NODE_WORDS + KIND] as number;
  }

  /** Set of entities. */
  plainOf(node: number): number {
    return this.nodes.data[node * NODE_WORDS + PLAIN] as number;
  }

  /** Set of nodes. */
  usersetsOf(node: number): number {
    return this.nodes.data[node * NODE_WORDS + USERSETS] as number;
  }

  /** Nodes that an entity stands on. */
  standsOn(entity: number): number {
    return this.entities.records.data[entity * ENTITY_STRIDE + STANDS_ON] as number;
  }

  /** Nodes that a node stands on, as a userset. */
  usersetStandsOn(node: number): number {
    return this.nodes.data[node * NODE_WORDS + NODE_STANDS_ON] as number;
  }

  caveatOf(node: number, subject: number, isUserset: boolean): number {
    return this.caveats.of(node, (subject << 1) | (isUserset ? 1 : 0));
  }

  /** Adds a tuple, or replaces the condition of the one with its key. */
  add({ object, relation, subject, condition }: RelationTuple): void {
    const node = this.internNode(object, partsOf(object), relation);
    const { colon, hash } = partsOf(subject);
    const isUserset = hash < subject.length;
    const id = isUserset
      ? this.internNode(subject, { colon, hash }, subject.slice(hash + 1))
      : this.internEntity(subject, colon, hash);
    this.touch(node);
    const row = node * NODE_WORDS;
    const set = isUserset ? USERSETS : PLAIN;
    const was = this.sets.find(this.nodes.data[row + set] as number, id);
    if (was === NONE) this.count++;
    else if ((was & 1) === 1) this.caveats.remove(node, (id << 1) | (isUserset ? 1 : 0));
    const flag = condition ? 1 : 0;
    this.setSet(node, set, this.sets.add(this.nodes.data[row + set] as number, (id << 1) | flag));
    if (isUserset) this.setSet(id, NODE_STANDS_ON, this.sets.add(this.usersetStandsOn(id), (node << 1) | flag));
    else this.setStandsOn(id, this.sets.add(this.standsOn(id), (node << 1) | flag));
    if (condition) this.caveats.add(node, (id << 1) | (isUserset ? 1 : 0), condition.name, condition.context);
  }

  remove(key: TupleKey): void {
    const found = this.find(key);
    if (!found) return;
    const { node, id, isUserset } = found;
    const set = isUserset ? USERSETS : PLAIN;
    const handle = this.nodes.data[node * NODE_WORDS + set] as number;
    const member = this.sets.find(handle, id);
    if (member === NONE) return;
    this.touch(node);
    this.count--;
    if ((member & 1) === 1) this.caveats.remove(node, (id << 1) | (isUserset ? 1 : 0));
    this.setSet(node, set, this.sets.remove(handle, id));
    if (isUserset) this.setSet(id, NODE_STANDS_ON, this.sets.remove(this.usersetStandsOn(id), node));
    else this.setStandsOn(id, this.sets.remove(this.standsOn(id), node));
    this.freeNode(node);
    if (isUserset) {
      if (id !== node) this.freeNode(id);
    } else this.freeEntity(id);
  }

  has(key: TupleKey): boolean {
    const found = this.find(key);
    if (!found) return false;
    const set = found.isUserset ? this.usersetsOf(found.node) : this.plainOf(found.node);
    return this.sets.find(set, found.id) !== NONE;
  }

  save(): SavedTuples {
    return {
      count: this.count,
      kinds: this.kinds.save(),
      entities: this.entities.save(),
      nodes: this.nodes.save(),
      sets: this.sets.save(),
      caveats: this.caveats.save(),
    };
  }

  private find({ object, relation, subject }: TupleKey) {
    const { colon } = partsOf(object);
    const type = this.kinds.typeBefore(object, colon);
    const kind = this.kinds.kind(type, relation);
    if (kind === NONE) return undefined;
    const entity = this.entityOfType(type, object, colon, object.length);
    const node = entity === NONE ? NONE : this.node(entity, kind);
    if (node === NONE) return undefined;
    const parts = partsOf(subject);
    const isUserset = parts.hash < subject.length;
    const subjectEntity = this.entity(subject, parts.colon, parts.hash);
    if (subjectEntity === NONE) return undefined;
    if (!isUserset) return { node, id: subjectEntity, isUserset };
    const subjectKind = this.kinds.kind(this.typeOf(subjectEntity), subject.slice(parts.hash + 1));
    const id = subjectKind === NONE ? NONE : this.node(subjectEntity, subjectKind);
    return id === NONE ? undefined : { node, id, isUserset };
  }

  private internEntity(text: string, colon: number, end: number): number {
    const known = this.kinds.typeBefore(text, colon);
    const type = known === NONE ? this.kinds.internType(text.slice(0, colon)) : known;
    const hash = this.entities.hash(type, text, colon + 1, end);
    const entity = this.entities.find(type, text, colon + 1, end, hash);
    if (entity !== NONE) return entity;
    const added = this.entities.add(type, text, colon + 1, end, hash);
    if (isEverybody(text, colon)) this.everybodyOf[type] = added;
    return added;
  }

  private internNode(text: string, { colon, hash }: { colon: number; hash: number }, relation: string): number {
    const entity = this.internEntity(text, colon, hash);
    const kind = this.kinds.internKind(this.typeOf(entity), relation);
    const known = this.node(entity, kind);
    if (known !== NONE) return known;
    const node = this.nodes.allocate();
    const { data } = this.nodes;
    const row = node * NODE_WORDS;
    data.fill(0, row, row + NODE_WORDS);
    data[row] = entity;
    data[row + KIND] = kind;
    const head = entity * ENTITY_STRIDE + FIRST_NODE;
    const { data: entities } = this.entities.records;
    data[row + NEXT] = (entities[head] as number) - 1;
    entities[head] = node + 1;
    return node;
  }

  private setSet(node: number, set: number, handle: number): void {
    this.nodes.data[node * NODE_WORDS + set] = handle;
  }

  private setStandsOn(entity: number, handle: number): void {
    this.entities.records.data[entity * ENTITY_STRIDE + STANDS_ON] = handle;
  }

  private touch(node: number): void {
    const kind = this.kindOf(node);
    this.changesOf[kind] = (this.changesOf[kind] ?? 0) + 1;
    this.changes++;
  }

  private freeNode(node: number): void {
    const { data } = this.nodes;
    const row = node * NODE_WORDS;
    if (data[row + PLAIN] !== 0 || data[row + USERSETS] !== 0 || data[row + NODE_STANDS_ON] !== 0) return;
    const entity = data[row] as number;
    const next = data[row + NEXT] as number;
    const head = entity * ENTITY_STRIDE + FIRST_NODE;
    const { data: entities } = this.entities.records;
    if (entities[head] === node + 1) entities[head] = next + 1;
    else {
      let before = (entities[head] as number) - 1;
      while (data[before * NODE_WORDS + NEXT] !== node) before = data[before * NODE_WORDS + NEXT] as number;
      data[before * NODE_WORDS + NEXT] = next;
    }
    this.nodes.release(node);
    this.freeEntity(entity);
  }

  private freeEntity(entity: number): void {
    if (!this.entities.records.isUsed(entity)) return;
    const row = entity * ENTITY_STRIDE;
    const { data } = this.entities.records;
    if (data[row + FIRST_NODE] !== 0 || data[row + STANDS_ON] !== 0) return;
    const type = data[row] as number;
    if (this.everybodyOf[type] === entity) this.everybodyOf[type] = NONE;
    this.entities.remove(entity);
  }
}

export interface SavedTuples {
  readonly count: number;
  readonly kinds: SavedKinds;
  readonly entities: SavedInterner;
  readonly nodes: SavedRecords;
  readonly sets: SavedIdSets;
  readonly caveats: SavedCaveats;
}

const EVERYBODY = '*';
/** Of an entity, behind type and place of the name: first node plus one, and the nodes it stands on. */
const ENTITY_WORDS = 2;
const ENTITY_STRIDE = 4;
const FIRST_NODE = 2;
const STANDS_ON = 3;
/** Of a node: entity, kind, next node of the entity, and three sets. */
const NODE_WORDS = 6;
const KIND = 1;
const NEXT = 2;
const PLAIN = 3;
const USERSETS = 4;
const NODE_STANDS_ON = 5;
