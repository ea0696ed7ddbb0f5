/**
 * The installation cannot start, and the operator can do something about it. `message` says what is wrong and what to do;
 * the shell prints it as one line and exits with a code other than zero.
 */
export class StartupError extends Error {
  override readonly name = 'StartupError';

  constructor(
    readonly code:
      | 'setting_invalid'
      | 'port_busy'
      | 'data_newer'
      | 'migration_changed'
      | 'migration_order'
      | 'migration_invalid'
      | 'migration_failed'
      | 'migration_busy'
      | 'table_unprotected'
      | 'data_dir_unwritable'
      | 'data_dir_locked'
      | 'data_dir_version'
      | 'database_unreachable'
      | 'database_unsuitable'
      | 'embedded_unavailable'
      | 'embedded_failed',
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}
