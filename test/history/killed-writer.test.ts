import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { OPERATION_KINDS, type WriterHistory } from '../../src/contracts/history.js';
import { openHistory } from '../../src/history/history-reader.js';
import { type CompiledSources, compileSources } from '../processes/compiled-sources.js';

let directory: string;
let compiled: CompiledSources;
let script: string;

/** Operation i of the child, by a rule that the reader can check. */
const PROGRAM = (url: string) => `
  import { HistoryWriter } from ${JSON.stringify(url)};
  const file = process.argv[2];
  const kinds = ${JSON.stringify(OPERATION_KINDS)};
  const writer = HistoryWriter.open(file, { load: 'orders', writer: 3, kinds, subjects: ['a', 'b'] });
  let i = 0;
  function more() {
    for (let last = i + 700; i < last; i++) {
      writer.append({
        kind: i % kinds.length, sequence: i, dueNs: 1e15 + i * 1000, sentNs: 1e15 + i * 1001, doneNs: 1e15 + i * 1002,
        subject: i % 2, streamSequence: 1 + i, detail: i % 3, valueWriter: i % 5, valueSequence: i % 7 - 1,
        outcome: i % 3, reason: writer.reasonIndex(i % 3 === 0 ? '' : 'reason ' + i % 10),
      });
    }
    writer.flush();
    process.send?.(i);
    setImmediate(more);
  }
  more();
`;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stormglass-killed-'));
  compiled = await compileSources('history/history-writer.ts');
  script = join(directory, 'writer.mjs');
  writeFileSync(script, PROGRAM(compiled.url('history/history-writer.js')));
});
afterAll(async () => {
  await compiled?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

/** How many operations there are, all of which are as they were written. */
function countRight(history: WriterHistory): number {
  let i = 0;
  for (const block of history.blocks()) {
    for (let at = 0; at < block.count; at++, i++) {
      const reason = i % 3 === 0 ? '' : `reason ${i % 10}`;
      const isRight =
        block.sequence[at] === i &&
        block.kind[at] === i % OPERATION_KINDS.length &&
        block.doneNs[at] === 1e15 + i * 1002 &&
        block.streamSequence[at] === 1 + i &&
        block.detail[at] === i % 3 &&
        block.valueWriter[at] === i % 5 &&
        block.valueSequence[at] === (i % 7) - 1 &&
        block.outcome[at] === i % 3 &&
        history.reason(block.reason[at]!) === reason;
      if (!isRight) throw new Error(`operation ${i} is not what was written`);
    }
  }
  return i;
}

describe('a writer that does not come to its end', () => {
  it('leaves every block that it had flushed when it was killed', async () => {
    const file = join(directory, 'killed.sgh');
    const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const ended = once(child, 'exit');
    let flushed = 0;
    child.on('message', (count) => {
      flushed = Number(count);
    });
    try {
      expect(await waitFor(() => flushed > 30_000, { timeoutMs: 60_000, everyMs: 5 })).toBe(true);
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
    const history = openHistory(file);
    expect(history.complete).toBe(false);
    const count = countRight(history);
    expect(count).toBeGreaterThanOrEqual(flushed);
    // Whole blocks: nothing of one that was not flushed.
    expect(count % 700).toBe(0);
  });

  it('leaves every block that there was room for, and says why it ended', async () => {
    const file = join(directory, 'full.sgh');
    // In units of 512 bytes: what a file may have, as a full disk would have it, in the middle of a block.
    const child = spawn('/bin/sh', ['-c', `ulimit -f 401; exec "$0" "$@"`, process.execPath, script, file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // Its end may come before its last words.
    const heard = once(child, 'close');
    let said = '';
    child.stderr!.on('data', (text) => {
      said += text;
    });
    try {
      await heard;
    } finally {
      child.kill('SIGKILL');
    }
    expect(said).toContain(`cannot write the history ${file}`);
    expect(statSync(file).size).toBe(401 * 512);
    const history = openHistory(file);
    expect(history.complete).toBe(false);
    const count = countRight(history);
    expect(count).toBeGreaterThan(1000);
    expect(count % 700).toBe(0);
  });
});
