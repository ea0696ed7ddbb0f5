import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Subject } from '../subject.js';
import { partialGraph, ROWS, smallGraph } from './graph.fixture.js';
import type { GraphOp } from './graph-change.js';
import { askAboutSubject, decide } from './question.js';
import { RbacGraph } from './rbac-graph.js';

const user = (id: string): Subject => ({ type: 'user', id });
const has = (graph: RbacGraph, subject: Subject, slug: string) => decide(graph, askAboutSubject(subject), slug);

describe('RbacGraph: what a subject has', () => {
  const cases: readonly [string, Subject, string, boolean][] = [
    ['through a role', user('alice'), 'document.edit', true],
    ['through a direct grant', user('alice'), 'document.publish', true],
    ['not through a role that somebody else has', user('bob'), 'document.edit', false],
    ['everything through a role that carries everything', user('root'), 'document.publish', true],
    ['not even then what is no permission', user('root'), 'document.shred', false],
    ['nothing where unknown', user('nobody'), 'document.view', false],
    ['as an agent', { type: 'agent', id: 'agt_1' }, 'document.view', true],
    ['nothing as a user with the id of an agent', user('agt_1'), 'document.view', false],
    ['nothing under an id of other case', user('Alice'), 'document.edit', false],
    ['nothing for a slug of other case', user('alice'), 'Document.edit', false],
    ['nothing for names of the language', user('__proto__'), 'constructor', false],
  ];
  for (const [title, subject, slug, expected] of cases) {
    it(title, () => assert.equal(has(smallGraph(), subject, slug), expected));
  }
});

describe('RbacGraph: changes', () => {
  const after = (...ops: readonly GraphOp[]) => {
    const graph = smallGraph();
    graph.apply(8, ops);
    return graph;
  };

  it('gives a new permission to whoever has everything', () => {
    const graph = after({ op: 'permission', permission: { id: 9, slug: 'new', name: 'New', description: null } });
    assert.equal(has(graph, user('root'), 'new'), true);
    assert.equal(has(graph, user('alice'), 'new'), false);
  });

  it('does not give a new permission the bit of a removed one', () => {
    const graph = smallGraph();
    graph.apply(8, [{ op: 'permission-gone', id: 2 }]);
    graph.apply(9, [{ op: 'permission', permission: { id: 9, slug: 'new', name: 'New', description: null } }]);
    assert.equal(has(graph, user('bob'), 'new'), false);
    assert.equal(has(graph, user('bob'), 'document.view'), false);
    assert.equal(has(graph, user('alice'), 'document.edit'), true);
  });

  it('renames a permission for everyone who has it', () => {
    const graph = after({ op: 'permission', permission: { id: 2, slug: 'doc.read', name: 'V', description: null } });
    assert.equal(has(graph, user('bob'), 'document.view'), false);
    assert.equal(has(graph, user('bob'), 'doc.read'), true);
  });

  it('takes a removed role from everyone, also where it comes back under the same slug', () => {
    const graph = smallGraph();
    graph.apply(8, [{ op: 'role-gone', id: 'rol_viewer' }]);
    const role = { id: 'rol_viewer2', slug: 'viewer', name: 'Viewer', everything: false };
    graph.apply(9, [
      { op: 'role', role },
      { op: 'role-permissions', role: role.id, add: [2], remove: [] },
    ]);
    assert.equal(has(graph, user('bob'), 'document.view'), false);
  });

  it('changes what a role carries for everyone who has it', () => {
    const graph = after({ op: 'role-permissions', role: 'rol_viewer', add: [1], remove: [2] });
    assert.equal(has(graph, user('bob'), 'document.edit'), true);
    assert.equal(has(graph, user('bob'), 'document.view'), false);
  });

  it('changes one subject and no other that held the same', () => {
    const graph = after({ op: 'subject-roles', subject: user('bob'), add: [], remove: ['rol_viewer'] });
    assert.equal(has(graph, user('bob'), 'document.view'), false);
    assert.equal(has(graph, { type: 'agent', id: 'agt_1' }, 'document.view'), true);
  });

  it('forgets a subject that is gone', () => {
    const graph = after({ op: 'subject-gone', subject: user('alice') });
    assert.equal(has(graph, user('alice'), 'document.publish'), false);
    assert.equal(graph.subjectCount, 4);
  });

  it('goes forward only; revisions in between belong to other engines', () => {
    const graph = smallGraph();
    assert.throws(() => graph.apply(7, []), RangeError);
    graph.apply(9, []);
    assert.throws(() => graph.apply(8, []), RangeError);
    assert.equal(graph.revision, 9);
  });
});

describe('RbacGraph: subjects that are loaded as they are asked about', () => {
  it('does not decide about a subject it has not loaded', () => {
    assert.equal(has(partialGraph(), user('alice'), 'document.edit'), 'unknown');
  });

  it('knows of a loaded subject that it holds nothing', () => {
    const graph = partialGraph({ type: 'user', id: 'eve', roleIds: [], permissionIds: [] });
    assert.equal(has(graph, user('eve'), 'document.edit'), false);
  });

  it('ignores a change of a subject that is not loaded, and follows one of a subject that is', () => {
    const graph = partialGraph({ type: 'user', id: 'eve', roleIds: [], permissionIds: [] });
    graph.apply(8, [
      { op: 'subject-roles', subject: user('eve'), add: ['rol_viewer'], remove: [] },
      { op: 'subject-roles', subject: user('mallory'), add: ['rol_viewer'], remove: [] },
    ]);
    assert.equal(has(graph, user('eve'), 'document.view'), true);
    assert.equal(has(graph, user('mallory'), 'document.view'), 'unknown');
  });

  it('still knows a subject whose last role was removed', () => {
    const graph = partialGraph({ type: 'user', id: 'bob', roleIds: ['rol_viewer'], permissionIds: [] });
    graph.apply(8, [{ op: 'role-gone', id: 'rol_viewer' }]);
    assert.equal(has(graph, user('bob'), 'document.view'), false);
  });

  it('lets go of those that came first', () => {
    const graph = partialGraph();
    for (const id of ['a', 'b', 'c']) graph.admit({ type: 'user', id, roleIds: ['rol_viewer'], permissionIds: [] });
    graph.shrinkTo(1);
    assert.equal(has(graph, user('a'), 'document.view'), 'unknown');
    assert.equal(has(graph, user('b'), 'document.view'), 'unknown');
    assert.equal(has(graph, user('c'), 'document.view'), true);
  });
});

/** The same facts as plain sets, read the slow and obvious way. */
class Oracle {
  readonly permissions = new Map<number, string>();
  readonly roles = new Map<string, { everything: boolean; permissions: Set<number> }>();
  readonly subjects = new Map<string, { roles: Set<string>; permissions: Set<number> }>();

  apply(op: GraphOp): void {
    if (op.op === 'permission') this.permissions.set(op.permission.id, op.permission.slug);
    else if (op.op === 'permission-gone') {
      this.permissions.delete(op.id);
      for (const role of this.roles.values()) role.permissions.delete(op.id);
      for (const subject of this.subjects.values()) subject.permissions.delete(op.id);
    } else if (op.op === 'role') {
      const permissions = this.roles.get(op.role.id)?.permissions ?? new Set();
      this.roles.set(op.role.id, { everything: op.role.everything, permissions });
    } else if (op.op === 'role-gone') {
      this.roles.delete(op.id);
      for (const subject of this.subjects.values()) subject.roles.delete(op.id);
    } else if (op.op === 'role-permissions') {
      const role = this.roles.get(op.role);
      for (const id of op.add) if (this.permissions.has(id)) role?.permissions.add(id);
      for (const id of op.remove) role?.permissions.delete(id);
    } else if (op.op === 'subject-gone') this.subjects.delete(op.subject.id);
    else {
      const subject = this.subjects.get(op.subject.id) ?? { roles: new Set(), permissions: new Set() };
      this.subjects.set(op.subject.id, subject);
      if (op.op === 'subject-roles') {
        for (const id of op.remove) subject.roles.delete(id);
        for (const id of op.add) if (this.roles.has(id)) subject.roles.add(id);
      } else {
        for (const id of op.remove) subject.permissions.delete(id);
        for (const id of op.add) if (this.permissions.has(id)) subject.permissions.add(id);
      }
    }
  }

  has(subjectId: string, slug: string): boolean {
    const permission = [...this.permissions].find(([, each]) => each === slug)?.[0];
    const subject = this.subjects.get(subjectId);
    if (permission === undefined || !subject) return false;
    const roles = [...subject.roles].flatMap((id) => this.roles.get(id) ?? []);
    return (
      subject.permissions.has(permission) || roles.some((role) => role.everything || role.permissions.has(permission))
    );
  }

  rows(revision: number) {
    return {
      revision,
      permissions: [...this.permissions].map(([id, slug]) => ({ id, slug, name: slug, description: null })),
      roles: [...this.roles].map(([id, { everything, permissions }]) => {
        return { id, slug: id, name: id, everything, permissionIds: [...permissions] };
      }),
      subjects: [...this.subjects].map(([id, held]) => {
        return { type: 'user' as const, id, roleIds: [...held.roles], permissionIds: [...held.permissions] };
      }),
    };
  }
}

/** mulberry32: the same walk every time. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

describe('RbacGraph: random histories', () => {
  for (let seed = 1; seed <= 40; seed++) {
    it(`answers like plain sets, step by step and built anew (seed ${seed})`, () => {
      const below = random(seed);
      const oracle = new Oracle();
      const grown = new RbacGraph({ revision: 0, permissions: [], roles: [], subjects: [] });
      for (let revision = 1; revision <= 120; revision++) {
        const ops = Array.from({ length: 1 + below(3) }, () => randomOp(below));
        for (const op of ops) oracle.apply(op);
        grown.apply(revision, ops);
        const built = new RbacGraph(oracle.rows(revision));
        for (let s = 0; s < 6; s++) {
          for (let p = 0; p < 8; p++) {
            const expected = oracle.has(`s${s}`, `p${p}`);
            assert.equal(has(grown, user(`s${s}`), `p${p}`), expected, `grown, revision ${revision}, s${s} p${p}`);
            assert.equal(has(built, user(`s${s}`), `p${p}`), expected, `built, revision ${revision}, s${s} p${p}`);
          }
        }
      }
    });
  }
});

function randomOp(below: (n: number) => number): GraphOp {
  const permission = below(8);
  const role = `r${below(5)}`;
  const subject = user(`s${below(6)}`);
  switch (below(12)) {
    case 0:
      return { op: 'permission-gone', id: permission };
    case 1:
      return { op: 'role-gone', id: role };
    case 2:
      return { op: 'subject-gone', subject };
    case 3:
    case 4:
      return { op: 'permission', permission: { id: permission, slug: `p${permission}`, name: 'p', description: null } };
    case 5:
    case 6:
      return { op: 'role', role: { id: role, slug: role, name: role, everything: below(6) === 0 } };
    case 7:
    case 8:
      return { op: 'role-permissions', role, add: [permission], remove: [below(8)].filter((id) => id !== permission) };
    case 9:
      return { op: 'subject-permissions', subject, add: [permission], remove: [] };
    case 10:
      return { op: 'subject-permissions', subject, add: [], remove: [permission] };
    default:
      return {
        op: 'subject-roles',
        subject,
        add: [role],
        remove: below(2) ? [`r${below(5)}`].filter((r) => r !== role) : [],
      };
  }
}

describe('RbacGraph: size', () => {
  it('counts subjects, roles and permissions in its estimate', () => {
    const small = smallGraph().byteSize;
    const subjects = Array.from({ length: 1000 }, (_, i) => {
      return { type: 'user' as const, id: `u${i}`, roleIds: ['rol_viewer'], permissionIds: [] };
    });
    const large = new RbacGraph({ ...ROWS, subjects }).byteSize;
    assert.ok(large > small + 1000 * 100);
  });
});
