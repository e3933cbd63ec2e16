import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compileSources } from '../processes/compiled-sources.js';
import { onFullDisk } from '../support/on-full-disk.js';
import { TestRun } from './support/test-run.js';

it('writes on when the disk has no room for an entry, and says of which file that was', async () => {
  await using run = new TestRun();
  await using compiled = await compileSources('undo/audit-log.ts');
  const path = join(run.root, 'audit.ndjson');
  const script = `
    const { AuditLog } = await import(${JSON.stringify(compiled.url('undo/audit-log.js'))});
    const audit = new AuditLog(process.argv[1], 'r1', 'run');
    const entry = (detail) => ({ act: 'failed', kind: 'node-kill', detail });
    audit.write(entry('first'));
    audit.write(entry('x'.repeat(9000)));
    audit.write(entry('third'));
    const { message, hint } = audit.failure;
    console.log(JSON.stringify({ message, hint, head: audit.head.entries }));`;
  const stdout = await onFullDisk(8, ['--input-type=module', '-e', script, path]);
  expect(JSON.parse(stdout)).toEqual({
    message: expect.stringContaining(`cannot write ${path}: EFBIG`),
    hint: expect.stringContaining('--out'),
    head: 2,
  });
});
