import assert from 'node:assert/strict';
import type { CallOutcome } from '../../support/sealed-call.js';

/** Every object of a list, page by page, at the newest state there is. */
export async function listObjects(
  ask: (body: object) => Promise<CallOutcome>,
  question: { readonly type: string; readonly relation: string; readonly subject: string },
): Promise<readonly string[]> {
  const found: string[] = [];
  for (let cursor: string | undefined; ; ) {
    // A cursor stands for the state of the first page.
    const page = cursor === undefined ? { consistency: 'fully_consistent' } : { cursor };
    const { status, body, text } = await ask({ ...question, ...page });
    assert.equal(status, 200, text);
    found.push(...(body.objects as string[]));
    if (body.cursor === undefined) return found;
    cursor = body.cursor as string;
  }
}
