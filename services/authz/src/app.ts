import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { MAX_BROADCAST_BYTES } from '@lumo/messaging';
import type { Platform } from '@lumo/service';
import { assignRoles, unassignRole } from './app/assign-roles.js';
import {
  readMyAttributes,
  readResourceAttributes,
  readUserAttributes,
  setAttributes,
} from './app/attributes/attribute-values.js';
import { createDefinition, deleteDefinition, updateDefinition } from './app/attributes/change-definitions.js';
import { describeAttributes, listDefinitions, readDefinition } from './app/attributes/read-definitions.js';
import type { AuthzDeps } from './app/authz-deps.js';
import { createPermission, deletePermission, updatePermission } from './app/change-permissions.js';
import { createRole, deleteRole, updateRole } from './app/change-roles.js';
import { checkPermissions, decideForSubject, listEffectivePermissions } from './app/check-permissions.js';
import { checkPolicies } from './app/decision/check-policies.js';
import { decideAccess, decideMany } from './app/decision/decide-access.js';
import { describeDecisionPoint } from './app/decision/describe-decision-point.js';
import { dryRunPolicies } from './app/decision/dry-run-policies.js';
import { createRecentQuestions } from './app/decision/recent-questions.js';
import { searchAccess } from './app/decision/search-access.js';
import { createDecisionLog } from './app/decision-log.js';
import { buryPeople, keepPeople, stripAgents } from './app/follow-directory.js';
import { grantPermissions, revokePermission } from './app/grant-permissions.js';
import { readHeldPermissions, readHeldRoles } from './app/held.js';
import { createOpenStreams } from './app/open-streams.js';
import { createPolicy, deletePolicy, togglePolicy, updatePolicy } from './app/policies/change-policies.js';
import { changeDecisionSettings, readDecisionSettings } from './app/policies/decision-settings.js';
import { listPolicies, readPolicy } from './app/policies/read-policies.js';
import { testPolicy } from './app/policies/test-policy.js';
import { provisionOrg, provisionOrgWithin } from './app/provision-org.js';
import { listPermissionRecords, listRolesWithPermission, readPermission } from './app/read-permissions.js';
import { listMemberIds, listRoleMembers, listRolePermissions, listRoleRecords, readRole } from './app/read-roles.js';
import { requireMayAskAbout, requireRelationRight } from './app/relation-access.js';
import { readAssertions, writeAssertions } from './app/relations/assertions.js';
import { createStore, deleteStore } from './app/relations/change-stores.js';
import { type CheckRelation, checkRelation } from './app/relations/check-relation.js';
import { type CheckRelations, checkRelationStream, checkRelations } from './app/relations/check-relations.js';
import { dryRunModel } from './app/relations/dry-run-model.js';
import { expandRelation } from './app/relations/expand-relation.js';
import { explainRelation } from './app/relations/explain-relation.js';
import { listObjects } from './app/relations/list-objects.js';
import { listSubjects } from './app/relations/list-subjects.js';
import { modelText, readModelSource } from './app/relations/model-source.js';
import { listNamespaces, readNamespace, replaceNamespaces, writeNamespace } from './app/relations/namespaces.js';
import { readChanges } from './app/relations/read-changes.js';
import { listModels, readModel } from './app/relations/read-models.js';
import { listStores, readStore } from './app/relations/read-stores.js';
import { readTuples } from './app/relations/read-tuples.js';
import { createRecentChecks, remembering } from './app/relations/recent-checks.js';
import { createRemains } from './app/relations/remains.js';
import { watchChanges } from './app/relations/watch-changes.js';
import { whatCan } from './app/relations/what-can.js';
import { whoCan } from './app/relations/who-can.js';
import { writeModel } from './app/relations/write-model.js';
import { writeTuples } from './app/relations/write-tuples.js';
import { addRoleMembers, removeRoleMember } from './app/role-members.js';
import { changeRolePermissions, removeRolePermission } from './app/role-permissions.js';
import { type AuthzConfig, readAuthzConfig } from './config.js';
import { openEngines } from './open-engines.js';
import { createSealedFiles } from './snapshots/sealed-files.js';
import { createChanges, createStores } from './store/changes.js';
import type { AuthzTables } from './store/tables.js';

/** Everything the authorization service does, one function each. */
export type AuthzApp = ReturnType<typeof composeApp>;

export function createApp(
  platform: Platform<AuthzTables, 'authz'>,
  config: AuthzConfig = readAuthzConfig(process.env),
): AuthzApp {
  const {
    baseUrl,
    database,
    outbox,
    activity,
    clock,
    logger,
    masterKey,
    previousMasterKey,
    snapshotDir,
    broadcast,
    jobs,
  } = platform;
  const snapshots =
    snapshotDir !== undefined &&
    createSealedFiles({
      folder: join(snapshotDir, 'relations'),
      key: masterKey.derive('relation-snapshots'),
      now: () => clock.now(),
      onError: (err) => logger.warn({ err }, 'a snapshot of relations could not be read or written'),
    });
  const { graphs, relations, policies, policySource, listener } = openEngines({
    db: database.db,
    sealingKeys: [masterKey, ...(previousMasterKey ? [previousMasterKey] : [])].map((key) => key.derive('authz-seal')),
    ...config,
    ...(snapshots && { snapshots }),
    news: {
      maxBytes: MAX_BROADCAST_BYTES,
      publish: (body) => broadcast.publish('authz.changed', body),
      subscribe: (handler) => void broadcast.subscribe('authz.changed', handler),
    },
    wait,
  });
  return composeApp({
    clock,
    graphs,
    relations,
    policies,
    policySource,
    questions: createRecentQuestions(clock),
    baseUrl,
    remains: createRemains({ records: relations.records, enqueue: (queue) => jobs.enqueue(queue, {}) }),
    stores: createStores(database.db),
    storesIn: createStores,
    changes: createChanges({ database, outbox, listener }),
    decisions: createDecisionLog(activity),
    wait: (milliseconds) => wait(milliseconds),
  });
}

/** The operations over given ports. */
export function composeApp(deps: AuthzDeps) {
  const recentChecks = createRecentChecks();
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

    checkRelation: remembering(recentChecks, (check: CheckRelation) => [check], checkRelation(deps)),
    checkRelations: remembering(recentChecks, ({ checks }: CheckRelations) => checks, checkRelations(deps)),
    checkRelationStream: checkRelationStream(deps),
    listObjects: listObjects(deps),
    listSubjects: listSubjects(deps),
    expandRelation: expandRelation(deps),
    explainRelation: explainRelation(deps),
    writeTuples: writeTuples(deps),
    readTuples: readTuples(deps),
    readChanges: readChanges(deps),
    watchChanges: watchChanges(deps),
    writeModel: writeModel(deps),
    readModel: readModel(deps),
    listModels: listModels(deps),
    createStore: createStore(deps),
    deleteStore: deleteStore(deps),
    listStores: listStores(deps),
    readStore: readStore(deps),
    whatCan: whatCan(deps),
    whoCan: whoCan(deps),
    readAssertions: readAssertions(deps),
    writeAssertions: writeAssertions(deps),
    readModelSource,
    dryRunModel: dryRunModel({ ...deps, recentChecks }),
    listNamespaces: listNamespaces(deps),
    readNamespace: readNamespace(deps),
    writeNamespace: writeNamespace(deps),
    replaceNamespaces: replaceNamespaces(deps),
    modelText,
    requireRelationRight: requireRelationRight(deps),
    requireMayAskAbout: requireMayAskAbout(deps),
    streams: createOpenStreams(),
    /** The job that removes what deleted stores left. */
    removeRemains: () => deps.remains.remove(),

    listPolicies: listPolicies(deps),
    readPolicy: readPolicy(deps),
    createPolicy: createPolicy(deps),
    updatePolicy: updatePolicy(deps),
    deletePolicy: deletePolicy(deps),
    togglePolicy: togglePolicy(deps),
    testPolicy: testPolicy(deps),
    dryRunPolicies: dryRunPolicies(deps),
    checkPolicies: checkPolicies(deps),

    listDefinitions: listDefinitions(deps),
    describeAttributes: describeAttributes(deps),
    readDefinition: readDefinition(deps),
    createDefinition: createDefinition(deps),
    updateDefinition: updateDefinition(deps),
    deleteDefinition: deleteDefinition(deps),
    setAttributes: setAttributes(deps),
    readMyAttributes: readMyAttributes(deps),
    readUserAttributes: readUserAttributes(deps),
    readResourceAttributes: readResourceAttributes(deps),

    decideAccess: decideAccess(deps),
    decideMany: decideMany(deps),
    searchAccess: searchAccess(deps),
    describeDecisionPoint: describeDecisionPoint(deps),
    readDecisionSettings: readDecisionSettings(deps),
    changeDecisionSettings: changeDecisionSettings(deps),

    provisionOrgWithin: provisionOrgWithin(deps),
    keepPeople: keepPeople(deps),
    buryPeople: buryPeople(deps),
    stripAgents: stripAgents(deps),

    /** Writes what was decided and not recorded yet, and what makes the next start quick. */
    async close() {
      deps.decisions.close();
      await deps.relations.graphs.close();
    },
  };
}
