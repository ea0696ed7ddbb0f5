import type { GraphRows, SubjectHolding } from './graph-rows.js';
import { RbacGraph } from './rbac-graph.js';

/** Rows of a small organization: `edit` is 1, `view` is 2, `publish` is 3. */
export const ROWS: GraphRows = {
  revision: 7,
  permissions: [
    { id: 1, slug: 'document.edit', name: 'Edit', description: 'Change documents' },
    { id: 2, slug: 'document.view', name: 'View', description: null },
    { id: 3, slug: 'document.publish', name: 'Publish', description: null },
    { id: 4, slug: 'authz.check', name: 'Check', description: null },
  ],
  roles: [
    { id: 'rol_admin', slug: 'admin', name: 'Administrator', everything: true, permissionIds: [] },
    { id: 'rol_editor', slug: 'editor', name: 'Editor', everything: false, permissionIds: [1, 2] },
    { id: 'rol_viewer', slug: 'viewer', name: 'Viewer', everything: false, permissionIds: [2] },
    { id: 'rol_oracle', slug: 'oracle', name: 'Oracle', everything: false, permissionIds: [4] },
  ],
  subjects: [
    { type: 'user', id: 'root', roleIds: ['rol_admin'], permissionIds: [] },
    { type: 'user', id: 'alice', roleIds: ['rol_editor'], permissionIds: [3] },
    { type: 'user', id: 'bob', roleIds: ['rol_viewer'], permissionIds: [] },
    { type: 'user', id: 'oracle', roleIds: ['rol_oracle'], permissionIds: [] },
    { type: 'agent', id: 'agt_1', roleIds: ['rol_viewer'], permissionIds: [] },
  ],
};

export function smallGraph(): RbacGraph {
  return new RbacGraph(ROWS);
}

/** The same organization as a graph that loads subjects as they are asked about. */
export function partialGraph(...subjects: readonly SubjectHolding[]): RbacGraph {
  const graph = new RbacGraph({ ...ROWS, subjects: undefined });
  for (const subject of subjects) graph.admit(subject);
  return graph;
}
