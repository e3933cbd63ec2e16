import type { Readable, Writable } from 'node:stream';
import { sleep } from '../base/clock.js';
import { identify, isAlive } from '../processes/identity.js';
import { withRunLock } from './run-lock.js';
import { RunRegistry } from './run-registry.js';
import { undoDeadRun } from './undo-dead-run.js';
import { READY, RELEASE } from './watchdog-protocol.js';

export interface WatchOptions {
  readonly stateDir: string;
  readonly runId: string;
  /** The line to the run: it says RELEASE, or ends when the run dies. */
  readonly line: Readable;
  /** To the run: READY, once the watch has begun. */
  readonly answer: Writable;
}

/** How the watch ended: the run ended in order; it died and all was undone; or something is left for `recover`. */
export type WatchEnd = 'released' | 'undone' | 'left';

/** A run that hangs in its death, or whose line was cut while it lives: looked at this often. */
const LOOK_EVERY_MS = 250;
/** What a run that has died said last is read at once, where the machine lets us read at all. */
const LAST_WORD_MS = 5_000;
const ATTEMPTS = 5;
const LOCK_WAIT_MS = 60_000;

/**
 * The watchdog: waits until the run ends, and undoes what a run that died has left. Signals that a terminal or a
 * shutdown sends to everybody do not end it. Throws when the run is not registered.
 */
export async function watchRun({ stateDir, runId, line, answer }: WatchOptions): Promise<WatchEnd> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  const registry = new RunRegistry(stateDir);
  const entry = registry.read(runId);
  if (!entry) throw new Error(`there is no run ${runId} in ${stateDir}`);
  const me = identify(process.pid);
  if (!me) throw new Error('cannot identify this process');

  const word = lastWord(line);
  // Nobody may be there any more to take the answer, and that must not end the watchdog.
  answer.on('error', () => {});
  answer.write(READY);
  while (isAlive(entry.process)) {
    if (word.released) return 'released';
    // A line that was cut while the run lives is no death: the process itself is looked at.
    await sleep(LOOK_EVERY_MS, word.over.aborted ? undefined : word.over).catch(() => {});
  }
  // The run's last word may still be on its way: its line ends with it, unless somebody else holds on to that.
  if (!word.over.aborted) await sleep(LAST_WORD_MS, word.over).catch(() => {});
  if (word.released) return 'released';

  const attempt = await withRunLock(registry.lockOf(runId), me, LOCK_WAIT_MS, () =>
    undoDeadRun(registry, entry, { by: 'watchdog', attempts: ATTEMPTS, pauseMs: 1_000 }),
  );
  return attempt.got && attempt.result.complete ? 'undone' : 'left';
}

/** `over` aborts when the run has said its last word, or its line has ended without. */
function lastWord(line: Readable): { readonly released: boolean; readonly over: AbortSignal } {
  const over = new AbortController();
  const word = { released: false, over: over.signal };
  let said = '';
  line.on('data', (chunk: Buffer) => {
    said += chunk.toString('latin1');
    if (!said.includes(RELEASE)) return;
    word.released = true;
    over.abort();
  });
  line.on('end', () => over.abort());
  line.on('error', () => over.abort());
  return word;
}
