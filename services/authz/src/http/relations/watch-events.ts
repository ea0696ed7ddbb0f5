import { isDomainError } from '@lumo/kit';
import type { WatchedChange } from '../../app/relations/watch-changes.js';

/** How soon a client that lost the stream comes back, in milliseconds. */
const RETRY_MS = 1000;
/** How long a role that was taken away still watches, in milliseconds. */
const ASK_AGAIN_MS = 10_000;

/**
 * Changes as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). The id of every event, and
 * of every heartbeat, is where a client goes on: nothing is lost and nothing comes twice. `stillAllowed` rejects once the
 * caller may not read any more; `close` ends what produces the changes.
 */
export async function* watchEvents(
  changes: AsyncGenerator<WatchedChange>,
  stillAllowed: () => Promise<void>,
  close: () => void,
): AsyncGenerator<string, void, undefined> {
  let opened = false;
  let asked = performance.now();
  try {
    for await (const change of changes) {
      if (performance.now() - asked > ASK_AGAIN_MS) {
        await stillAllowed();
        asked = performance.now();
      }
      yield opened ? textOf(change) : `retry: ${RETRY_MS}\n${textOf(change)}`;
      opened = true;
    }
  } catch (error) {
    if (!opened || !isDomainError(error) || error.kind === 'internal') throw error;
    const { code, message } = error;
    yield `event: error\ndata: ${JSON.stringify({ code, message })}\n\n`;
  } finally {
    close();
  }
}

/** JSON has no line breaks of its own, so the data is one line. */
function textOf(change: WatchedChange): string {
  const { revision, token } = change;
  // With data, because not every client takes note of the id of an event that has none.
  if (change.kind === 'heartbeat') {
    return `event: heartbeat\nid: ${token}\ndata: ${JSON.stringify({ revision, token })}\n\n`;
  }
  const { at, writes, deletes, modelId } = change;
  const data = {
    revision,
    at: at.toISOString(),
    writes,
    deletes,
    ...(modelId !== undefined && { model: modelId }),
    token,
  };
  return `event: change\nid: ${token}\ndata: ${JSON.stringify(data)}\n\n`;
}
