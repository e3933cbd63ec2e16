import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshId } from '../../../src/base/ids.js';
import type { ProcessIdentity } from '../../../src/contracts/cluster.js';
import { endProcess } from '../../../src/processes/end-process.js';
import { identify } from '../../../src/processes/identity.js';
import { startMarkedProcess } from '../../../src/processes/marked-process.js';
import type { RunEntry } from '../../../src/undo/run-registry.js';

/** Directories and processes of one test; `await using` ends and removes them however the test went. */
export class TestRun implements AsyncDisposable {
  readonly runId = `test-${freshId()}`;
  readonly root = mkdtempSync(join(tmpdir(), 'stormglass-undo-'));
  readonly stateDir = join(this.root, 'state');
  readonly #started: ProcessIdentity[] = [];

  /** A process that carries the run's mark and stays until it is ended. */
  async startMarked(options: { readonly stubborn?: boolean } = {}): Promise<ProcessIdentity> {
    const script = `${options.stubborn ? "process.on('SIGTERM', () => {});" : ''} setInterval(() => {}, 1e6)`;
    const { identity } = await startMarkedProcess({
      command: process.execPath,
      args: ['-e', script],
      mark: this.runId,
      logFile: join(this.root, 'marked.log'),
    });
    return this.watch(identity);
  }

  /** Makes sure that the process is gone after the test. */
  watch(identity: ProcessIdentity): ProcessIdentity {
    this.#started.push(identity);
    return identity;
  }

  /** The entry of a run whose books lie in the test's directory. */
  entry(process: ProcessIdentity): RunEntry {
    return {
      version: 1,
      runId: this.runId,
      scenario: 'a test',
      startedAt: '2026-01-01T00:00:00.000Z',
      host: hostname(),
      process,
      runDir: this.root,
      undoLog: join(this.root, 'undo.ndjson'),
      journal: join(this.root, 'journal.ndjson'),
      audit: join(this.root, 'audit.ndjson'),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const identity of this.#started) await endProcess(identity, { graceMs: 0 });
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A process that was and is no more. */
export async function deadProcess(): Promise<ProcessIdentity> {
  const child = spawn(process.execPath, ['-e', '']);
  const identity = identify(child.pid as number) as ProcessIdentity;
  await once(child, 'exit');
  return identity;
}
