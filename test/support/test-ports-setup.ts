import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The state directory in which all tests of this run of vitest lease their ports. */
    portsStateDir: string;
  }
}

/** Makes that directory before the first test, and removes it after the last. */
export default function setUp(project: TestProject): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'stormglass-test-ports-'));
  mkdirSync(join(directory, 'ports'));
  project.provide('portsStateDir', directory);
  const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  // For a run that ends without having come to its end, as by Ctrl-C.
  process.once('exit', remove);
  return remove;
}
