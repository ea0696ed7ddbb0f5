import { setTimeout as wait } from 'node:timers/promises';
import type { Platform } from '@lumo/service';
import { assignRoles, unassignRole } from './app/assign-roles.js';
import type { AuthzDeps } from './app/authz-deps.js';
import { createPermission, deletePermission, updatePermission } from './app/change-permissions.js';
import { createRole, deleteRole, updateRole } from './app/change-roles.js';
import { checkPermissions, decideForSubject, listEffectivePermissions } from './app/check-permissions.js';
import { createDecisionLog } from './app/decision-log.js';
import { buryPeople, keepPeople, stripAgents } from './app/follow-directory.js';
import { grantPermissions, revokePermission } from './app/grant-permissions.js';
import { readHeldPermissions, readHeldRoles } from './app/held.js';
import { createOrgGraphs } from './app/org-graphs.js';
import { provisionOrg, provisionOrgWithin } from './app/provision-org.js';
import { listPermissionRecords, listRolesWithPermission, readPermission } from './app/read-permissions.js';
import { listMemberIds, listRoleMembers, listRolePermissions, listRoleRecords, readRole } from './app/read-roles.js';
import { addRoleMembers, removeRoleMember } from './app/role-members.js';
import { changeRolePermissions, removeRolePermission } from './app/role-permissions.js';
import { createChanges, createStores } from './store/changes.js';
import { createFeedStore } from './store/feed-store.js';
import { createGraphStore } from './store/graph-store.js';
import type { AuthzTables } from './store/tables.js';

/** Everything the authorization service does, one function each. */
export type AuthzApp = ReturnType<typeof composeApp>;

export function createApp({ database, outbox, activity, clock }: Platform<AuthzTables>): AuthzApp {
  const source = { ...createGraphStore(database.db), ...createFeedStore(database.db) };
  const graphs = createOrgGraphs({ source });
  return composeApp({
    clock,
    graphs,
    stores: createStores(database.db),
    storesIn: createStores,
    changes: createChanges({ database, outbox, listener: graphs }),
    decisions: createDecisionLog(activity),
    wait: (milliseconds) => wait(milliseconds),
  });
}

/** The operations over given ports. */
export function composeApp(deps: AuthzDeps) {
  return {
    checkPermissions: checkPermissions(deps),
    listEffectivePermissions: listEffectivePermissions(deps),
    decideForSubject: decideForSubject(deps),
    readHeldRoles: readHeldRoles(deps),
    readHeldPermissions: readHeldPermissions(deps),

    listPermissions: listPermissionRecords(deps),
    readPermission: readPermission(deps),
    createPermission: createPermission(deps),
    updatePermission: updatePermission(deps),
    deletePermission: deletePermission(deps),
    listRolesWithPermission: listRolesWithPermission(deps),

    listRoles: listRoleRecords(deps),
    readRole: readRole(deps),
    createRole: createRole(deps),
    updateRole: updateRole(deps),
    deleteRole: deleteRole(deps),
    listRolePermissions: listRolePermissions(deps),
    changeRolePermissions: changeRolePermissions(deps),
    removeRolePermission: removeRolePermission(deps),
    listRoleMembers: listRoleMembers(deps),
    listMemberIds: listMemberIds(deps),
    addRoleMembers: addRoleMembers(deps),
    removeRoleMember: removeRoleMember(deps),

    assignRoles: assignRoles(deps),
    unassignRole: unassignRole(deps),
    grantPermissions: grantPermissions(deps),
    revokePermission: revokePermission(deps),
    provisionOrg: provisionOrg(deps),

    provisionOrgWithin: provisionOrgWithin(deps),
    keepPeople: keepPeople(deps),
    buryPeople: buryPeople(deps),
    stripAgents: stripAgents(deps),

    /** Writes what was decided and not recorded yet. */
    close: () => deps.decisions.close(),
  };
}
