import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Folders of servers that are not in everybody's PATH, and where macOS keeps its browsers. */
const MORE_FOLDERS = [
  '/usr/sbin',
  '/usr/local/sbin',
  '/Applications/Chromium.app/Contents/MacOS',
  '/Applications/Google Chrome.app/Contents/MacOS',
];

/** The first of these programs that is installed. */
export async function findInstalled(commands: readonly string[]): Promise<string | undefined> {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...MORE_FOLDERS];
  for (const command of commands) {
    for (const folder of folders) {
      const file = join(folder, command);
      const runs = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (runs) return file;
    }
  }
  return undefined;
}
