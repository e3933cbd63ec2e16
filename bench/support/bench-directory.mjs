import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory for what a bench writes, gone when it ends, also when it is interrupted. */
export function benchDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'stormglass-bench-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));
  return directory;
}
