import { randomBytes } from 'node:crypto';
import type { World } from './world.js';

/** Somebody who can sign in and read documents. */
export interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

/** New people of the org, with the role `viewer`. */
export function createPeople(world: World, count: number): Promise<readonly Person[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const email = `bench-${randomBytes(8).toString('hex')}@acme-corp.example`;
      const password = randomBytes(15).toString('base64url');
      const body = { email, password, emailVerified: true, roles: ['viewer'] };
      const { id } = await world.create<{ readonly id: string }>('users', body);
      return { id, email, password };
    }),
  );
}
