import { deleteApiKey, listApiKeys, readApiKey, updateApiKey } from './app/api-keys.js';
import { setBlocked } from './app/block-user.js';
import { allowsOrigin } from './app/check-origin.js';
import { createApiKey } from './app/create-api-key.js';
import { createClient } from './app/create-client.js';
import { createOrg } from './app/create-org.js';
import { createUser } from './app/create-user.js';
import { deleteClient } from './app/delete-client.js';
import { deleteUser } from './app/delete-user.js';
import type { DirectoryDeps } from './app/directory-deps.js';
import { disableClient, enableClient } from './app/disable-client.js';
import { listClients, readClient } from './app/find-client.js';
import { listUsers, readUser } from './app/find-user.js';
import { changeOrgProfile, readOrgProfile } from './app/org-settings.js';
import { listOrgs, resolveOrg } from './app/orgs.js';
import { rotateClientSecret } from './app/rotate-client-secret.js';
import { setPassword } from './app/set-password.js';
import { updateClient } from './app/update-client.js';
import { updateUser } from './app/update-user.js';
import {
  assignUserRoles,
  grantUserPermissions,
  readUserPermissions,
  revokeUserPermission,
  unassignUserRole,
} from './app/user-roles.js';
import { userStatus } from './app/user-status.js';
import { verifyApiKey } from './app/verify-api-key.js';
import { verifyInstanceKey } from './app/verify-instance-key.js';

/** The operations on organizations, people, applications and keys. Each runs in the context it is given. */
export type Directory = ReturnType<typeof createDirectory>;

export function createDirectory(deps: DirectoryDeps) {
  return {
    createOrg: createOrg(deps),
    listOrgs: listOrgs(deps),
    resolveOrg: resolveOrg(deps),
    readOrgProfile: readOrgProfile(deps),
    changeOrgProfile: changeOrgProfile(deps),

    createUser: createUser(deps),
    listUsers: listUsers(deps),
    readUser: readUser(deps),
    updateUser: updateUser(deps),
    deleteUser: deleteUser(deps),
    blockUser: setBlocked(deps, true),
    unblockUser: setBlocked(deps, false),
    setPassword: setPassword(deps),
    addUserRoles: assignUserRoles(deps, 'add'),
    replaceUserRoles: assignUserRoles(deps, 'replace'),
    unassignUserRole: unassignUserRole(deps),
    readUserPermissions: readUserPermissions(deps),
    grantUserPermissions: grantUserPermissions(deps),
    revokeUserPermission: revokeUserPermission(deps),
    userStatus: userStatus(deps),

    createClient: createClient(deps),
    listClients: listClients(deps),
    readClient: readClient(deps),
    updateClient: updateClient(deps),
    enableClient: enableClient(deps),
    disableClient: disableClient(deps),
    deleteClient: deleteClient(deps),
    rotateClientSecret: rotateClientSecret(deps),
    checkOrigin: allowsOrigin(deps),

    createApiKey: createApiKey(deps),
    listApiKeys: listApiKeys(deps),
    readApiKey: readApiKey(deps),
    updateApiKey: updateApiKey(deps),
    deleteApiKey: deleteApiKey(deps),
    verifyApiKey: verifyApiKey(deps),

    verifyInstanceKey: verifyInstanceKey(deps),
  };
}
