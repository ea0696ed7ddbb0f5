import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkArchitecture, describeViolation } from './architecture/check-architecture.js';

describe('the architecture, section 2', () => {
  it('is kept by every import of this workspace', async () => {
    const { files, violations } = await checkArchitecture(fileURLToPath(new URL('../../../', import.meta.url)));
    assert.ok(files > 100, `only ${files} files were read`);
    assert.equal(violations.map(describeViolation).join('\n'), '');
  });
});
