import type { Configuration, FindAccount } from 'oidc-provider';
import { userClaims } from '../app/user-claims.js';
import { millisecondsUntil } from '../core/dead-before.js';
import { mayAct } from '../core/user.js';
import { claimsIn, scopeOfClaim } from './claims-parameter.js';
import type { EngineDeps, EngineOrg } from './engine-deps.js';

/** Which claims a scope opens. Every one of them is really there when the person has it. */
export const CLAIMS = {
  openid: ['sub', 'auth_time', 'amr', 'sid', 'tenant'],
  profile: ['name', 'given_name', 'family_name', 'preferred_username', 'picture', 'locale', 'zoneinfo', 'updated_at'],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  roles: ['roles'],
} as const satisfies Configuration['claims'];

/** Finds who a token is about; nobody where the person may not act now, so that no grant goes on without them. */
export function findAccount(deps: EngineDeps, { slug }: EngineOrg): FindAccount {
  const { users, clock, revocationLog, wait } = deps;
  return async (ctx, id) => {
    const user = await users.byId(id);
    if (!user || !mayAct(user)) return undefined;
    if (ctx.oidc.route === 'token') {
      const notBefore = await revocationLog.notBefore('subject', id, new Date(clock.now()));
      await wait(millisecondsUntil(notBefore, clock.now()));
    }
    return {
      accountId: user.id,
      claims: async (_use, scope, named) => ({
        sub: user.id,
        tenant: slug,
        // The engine takes from them what it needs.
        ...(await userClaims(user, [...scope.split(' '), ...scopesOf(named)], deps)),
      }),
    };
  };
}

/** The scopes whose claims are named one by one. */
function scopesOf(named: object): readonly string[] {
  return claimsIn(named).flatMap((claim) => scopeOfClaim(claim) ?? []);
}
