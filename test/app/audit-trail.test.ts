import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readAuditTrail } from '../../src/app/audit-trail.js';
import { AuditLog } from '../../src/undo/audit-log.js';

it('a trail into which somebody wrote what is no entry is shown without it, and is broken', () => {
  const directory = mkdtempSync(join(tmpdir(), 'stormglass-trail-'));
  try {
    const file = join(directory, 'audit.ndjson');
    const log = new AuditLog(file, 'r1', 'run');
    log.write({ act: 'injected', kind: 'node-kill' });
    log.close();
    appendFileSync(file, 'null\n5\n');
    const { entries, verification, isAnchored } = readAuditTrail(directory);
    expect(entries.map(({ act }) => act)).toEqual(['injected', 'closed']);
    expect(verification).toMatchObject({ intact: false, line: 3 });
    expect(isAnchored).toBe(false);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
