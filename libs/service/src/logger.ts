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
    base: { process: service },
    timestamp: stdTimeFunctions.isoTime,
    serializers: { err: describeError },
    redact: { paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`]), censor: '[secret]' },
    mixin() {
      const context = currentContext();
      return context ? { requestId: context.requestId, ...(context.org && { org: context.org.slug }) } : {};
    },
  });
}

/**
 * What a log line says of an error: its words, its code, where it was thrown and what caused it. Other properties stay
 * out, because libraries hang whole connections, with their keys, on their errors.
 */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { readonly code?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' && { reason: code }),
    stack: error.stack,
    ...(error.cause !== undefined && depth < 3 && { cause: describeError(error.cause, depth + 1) }),
  };
}
