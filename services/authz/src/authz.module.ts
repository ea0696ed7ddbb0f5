import type { ServiceDefinition } from '@lumo/service';
import { REMAINS_QUEUE } from './app/relations/remains.js';
import { type AuthzApp, createApp } from './app.js';
import { OrgAbacCheckController, RootAbacCheckController } from './http/abac/abac-check.controller.js';
import { AttributesController } from './http/abac/attributes.controller.js';
import { PoliciesController } from './http/abac/policies.controller.js';
import {
  AuthzenMetadataController,
  OrgAuthzenController,
  RootAuthzenController,
} from './http/authzen/authzen.controller.js';
import { OrgCheckController, RootCheckController } from './http/check.controller.js';
import {
  DecisionAdminController,
  OrgDecisionController,
  RootDecisionController,
} from './http/decision/decision.controller.js';
import { PermissionsController } from './http/permissions.controller.js';
import { RELATION_CONTROLLERS } from './http/relations/controllers.js';
import { RoleMembersController } from './http/role-members.controller.js';
import { RolePermissionsController } from './http/role-permissions.controller.js';
import { RolesController } from './http/roles.controller.js';
import { authzRpc } from './rpc/authz-rpc.js';
import type { AuthzTables } from './store/tables.js';

/** Who may do what: roles, permissions, and decisions from memory. */
export const authz: ServiceDefinition<AuthzApp, AuthzTables> & { readonly name: 'authz' } = {
  name: 'authz',
  schema: { name: 'authz', migrations: new URL('../migrations/', import.meta.url) },
  controllers: [
    RootCheckController,
    OrgCheckController,
    PermissionsController,
    RolesController,
    RolePermissionsController,
    RoleMembersController,
    ...RELATION_CONTROLLERS,
    PoliciesController,
    AttributesController,
    RootAbacCheckController,
    OrgAbacCheckController,
    RootDecisionController,
    OrgDecisionController,
    DecisionAdminController,
    RootAuthzenController,
    OrgAuthzenController,
    AuthzenMetadataController,
  ],
  createApp,
  // Streams that never end by themselves would hold up the end of the service.
  mount: (fastify, app) =>
    void fastify.addHook('preClose', (done) => {
      app.streams.endAll();
      done();
    }),
  rpc: (app) => [authzRpc(app)],
  consumers: (app) => ({
    'org.created': (_events, tx) => app.provisionOrgWithin(tx),
    'user.created': app.keepPeople,
    'user.updated': app.keepPeople,
    'user.blocked': app.keepPeople,
    'user.unblocked': app.keepPeople,
    'user.deleted': app.buryPeople,
    'agent.deleted': app.stripAgents,
  }),
  // The engine answers for its own routes from memory instead of calling itself.
  hasPermission: (app) => async (ctx, permission) => {
    const subject = { type: 'user', id: ctx.principal.id } as const;
    return (await app.decideForSubject(ctx, { subject, permissions: [permission] })).get(permission) === true;
  },
  work: (app, jobs) => jobs.work(REMAINS_QUEUE, () => app.removeRemains()),
  close: (app) => app.close(),
};
