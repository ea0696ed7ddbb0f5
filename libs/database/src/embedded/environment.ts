/** What a PostgreSQL process sees of the environment: nothing of ours, least of all a secret. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot, TEMP, TMP } = process.env;
  return { ...(PATH && { PATH }), ...(SystemRoot && { SystemRoot, TEMP, TMP }), LC_ALL: 'C', TZ: 'UTC' };
}
