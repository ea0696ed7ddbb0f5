import type { ServiceName } from '@lumo/contracts';
import type { ErrorKind } from '@lumo/kit';

export type RpcOutcome = 'ok' | ErrorKind;

/** What messaging counts. The shell turns each method into one Prometheus series; label values are a closed set. */
export interface MessagingMetrics {
  /** A call left this process and came back (or was given up). `method` is `lumo.authz.v1.AuthzService/Check`. */
  rpcCalled(call: { caller: ServiceName; method: string; outcome: RpcOutcome; seconds: number }): void;
  /** A call of another service was answered by this process. */
  rpcHandled(call: { service: ServiceName; method: string; outcome: RpcOutcome; seconds: number }): void;
  /** Events left the outbox for good. */
  eventsPublished(publisher: ServiceName, count: number): void;
  /** Events were applied by a consumer for the first time. */
  eventsApplied(consumer: ServiceName, count: number): void;
  /** Events will be delivered again, because their handler failed. */
  eventsRedelivered(consumer: ServiceName, count: number): void;
  /** Events were given up and stand in `dead_letters`. */
  eventsDeadLettered(consumer: ServiceName, count: number): void;
  /** Activity was dropped, because its buffer was full. */
  activityDropped(publisher: ServiceName, count: number): void;
  jobFinished(job: {
    service: ServiceName;
    queue: string;
    outcome: 'done' | 'retry' | 'failed';
    seconds: number;
  }): void;
}

export const noMetrics: MessagingMetrics = {
  rpcCalled() {},
  rpcHandled() {},
  eventsPublished() {},
  eventsApplied() {},
  eventsRedelivered() {},
  eventsDeadLettered() {},
  activityDropped() {},
  jobFinished() {},
};
