import { currentContext } from '@lumo/tenancy';
import { type Logger, pino, stdTimeFunctions } from 'pino';

const SECRET_NAMES = [
  'password',
  'secret',
  'client_secret',
  'authorization',
  'cookie',
  'access_token',
  'refresh_token',
  'id_token',
  'code',
  'apiKey',
  'token',
];

/** Structured logs on stdout. Values under the names of secrets are redacted at the first two levels of an object. */
export function createLogger(level: string, service: string): Logger {
  return pino({
    level,
    base: { service },
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`]), censor: '[secret]' },
    mixin() {
      const context = currentContext();
      return context ? { requestId: context.requestId, ...(context.org && { org: context.org.slug }) } : {};
    },
  });
}
