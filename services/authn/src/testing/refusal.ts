import assert from 'node:assert/strict';
import { isDomainError } from '@lumo/kit';

/** For `assert.rejects`: a `DomainError` with this code, that names this member in its details. */
export function refusal(code: string, member?: string): (error: unknown) => true {
  return (error) => {
    assert.ok(isDomainError(error), String(error));
    assert.equal(error.code, code, error.message);
    if (member) assert.ok(member in (error.details ?? {}), JSON.stringify(error.details));
    return true;
  };
}
