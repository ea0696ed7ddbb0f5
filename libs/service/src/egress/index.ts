export { type AllowedTargets, parseAllowedTargets } from './allowed-targets.js';
export { createEgress, type EgressOptions } from './create-egress.js';
export type { Egress, EgressFailure, EgressPurpose, EgressRequest, EgressResponse } from './egress.js';
export type { Resolve } from './resolve-target.js';
