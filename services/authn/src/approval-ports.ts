import type { Approval } from './core/approval.js';
import type { Tx } from './ports.js';

/** What becomes of the code that the client polls with. */
export type Settlement =
  | {
      readonly grantId: string;
      /** Members of the code as the engine redeems it. */
      readonly payload: Readonly<Record<string, unknown>>;
    }
  | { readonly denied: true };

/** What waits for somebody's answer, in the org in context. */
export interface ApprovalStore {
  open(approval: Approval, userCode: string | undefined): Promise<void>;
  byUserCode(userCode: string, now: Date): Promise<Approval | undefined>;
  byId(id: string, now: Date): Promise<Approval | undefined>;
  /** The oldest first. */
  ofUser(userId: string, now: Date): Promise<readonly Approval[]>;
  /**
   * Takes the approval away and settles its code, both or neither; of parallel callers one succeeds. False where it was
   * answered, or ran out, before.
   */
  settle(tx: Tx, approval: Approval, settlement: Settlement, now: Date): Promise<boolean>;
}

/** An app that a person allowed to act for them. */
export interface ConnectedApp {
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly since: Date;
}

/** What people allowed apps to do, as they see it themselves. */
export interface ConnectedAppStore {
  ofUser(userId: string): Promise<readonly ConnectedApp[]>;
  /**
   * Forgets what was allowed and removes everything that was issued by it; returns the grants, whose access tokens are still
   * to be declared dead. Undefined where nothing was allowed.
   */
  disconnect(
    tx: Tx,
    userId: string,
    clientId: string,
  ): Promise<readonly { readonly id: string; readonly accessTokenSeconds: number }[] | undefined>;
}
