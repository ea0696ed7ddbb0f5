/** What messaging needs of a logger; a pino logger is one. */
export interface MessagingLogger {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
}

export const silentLogger: MessagingLogger = { error() {}, warn() {}, info() {} };
