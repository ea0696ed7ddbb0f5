export { type Clock, systemClock, toSeconds } from './clock.js';
export {
  DomainError,
  ERROR_KINDS,
  type ErrorDetails,
  type ErrorKind,
  httpStatus,
  isDomainError,
} from './domain-error.js';
export { ID_PREFIXES, type IdKind, isUuid, newId, newSecret, uuidv7 } from './ids.js';
export { isLoopbackHost, isPublicAddress, literalAddress } from './network-address.js';
export { err, ok, type Result } from './result.js';
export { Secret, secret } from './secret.js';
