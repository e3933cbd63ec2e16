import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { AuditHead } from '../../src/contracts/run-result.js';
import { chainStart, sha256, verifyChain } from '../../src/undo/audit-chain.js';
import { AuditLog } from '../../src/undo/audit-log.js';

const directory = mkdtempSync(join(tmpdir(), 'stormglass-audit-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;

/** A trail of a run and of the watchdog that went on with it, as they lie on the disk. */
function trail(entries: number): {
  readonly path: string;
  readonly content: Buffer;
  readonly head: AuditHead;
} {
  const path = join(directory, `audit-${files++}.ndjson`);
  const run = new AuditLog(path, 'r1', 'run');
  for (let i = 0; i < entries; i++) {
    run.write({ fault: `fault-${i}`, act: 'injected', kind: 'node-kill', targets: ['n1'], detail: 'ä → b' });
  }
  run.write({ fault: 'hand-1', act: 'recorded', kind: 'node-pause' }, { who: 'jane', by: 'hand' });
  run.close();
  const watchdog = new AuditLog(path, 'r1', 'watchdog');
  watchdog.write({ act: 'undone', kind: 'start-node', detail: 'it runs' });
  watchdog.close();
  return { path, content: readFileSync(path), head: watchdog.head };
}

const linesOf = (content: Buffer): string[] => content.toString('latin1').split('\n').slice(0, -1);
const joined = (lines: readonly string[]): Buffer =>
  Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1');

describe('the audit trail', () => {
  it('is intact as it was written, by one process after the other', () => {
    const { content, head } = trail(2);
    const verified = verifyChain(content);
    expect(verified).toMatchObject({ intact: true, head });
    if (!verified.intact) return;
    expect(verified.entries.map(({ seq, by, who, act }) => [seq, by, act, who === 'jane'])).toEqual([
      [1, 'run', 'injected', false],
      [2, 'run', 'injected', false],
      [3, 'hand', 'recorded', true],
      [4, 'run', 'closed', false],
      [5, 'watchdog', 'undone', false],
      [6, 'watchdog', 'closed', false],
    ]);
  });

  it('is broken by a line that is no entry, though its hash fits', () => {
    const { content } = trail(1);
    const body = '{not an entry';
    const forged = `${body},"hash":"${sha256(`${body}}`)}"}`;
    const lines = linesOf(content);
    expect(verifyChain(joined([...lines.slice(0, 1), forged, ...lines.slice(1)]))).toMatchObject({
      intact: false,
      line: 2,
      problem: 'it is no entry of an audit trail',
    });
  });

  it('can be followed with sha256sum: each line names the hash of the one before, the first that of the run', () => {
    const lines = linesOf(trail(1).content);
    const prevs = lines.map((line) => (JSON.parse(line) as { prev: string }).prev);
    expect(prevs).toEqual([
      chainStart('r1').hash,
      ...lines.slice(0, -1).map((line) => sha256(Buffer.from(line, 'latin1'))),
    ]);
  });

  const { content, head } = trail(3);
  const lines = linesOf(content);

  it('shows every byte that was changed, and where', () => {
    fc.assert(
      fc.property(fc.nat(content.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(content);
        changed[at] = (changed[at] as number) ^ by;
        const verified = verifyChain(changed);
        const line = content.subarray(0, at).toString('latin1').split('\n').length;
        expect(verified).toMatchObject({ intact: false, line });
      }),
      { seed: 3, numRuns: 800 },
    );
  });

  it.each(lines.slice(0, -1).map((_, i) => i))('shows that line %i was taken away', (index) => {
    expect(verifyChain(joined(lines.toSpliced(index, 1)))).toMatchObject({ intact: false, line: index + 1 });
  });

  it('shows lines that were swapped, doubled, or put in from another trail', () => {
    const other = linesOf(trail(3).content);
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.nat(lines.length - 1), (a, b) => {
        if (a !== b) {
          const swapped = lines.with(a, lines[b] as string).with(b, lines[a] as string);
          expect(verifyChain(joined(swapped))).toMatchObject({ intact: false, line: Math.min(a, b) + 1 });
        }
        expect(verifyChain(joined(lines.toSpliced(a, 0, lines[b] as string))).intact).toBe(false);
        if (other[a] !== lines[a])
          expect(verifyChain(joined(lines.with(a, other[a] as string))).intact).toBe(false);
      }),
      { seed: 5, numRuns: 100 },
    );
  });

  it('shows that its end was cut off: at any byte, and by the summary’s word also where it was once closed', () => {
    const wholeUntil = lines.slice(0, 5);
    for (let bytes = 0; bytes < content.length; bytes++) {
      expect(verifyChain(content.subarray(0, bytes), head).intact).toBe(false);
    }
    // The run closed it before the watchdog went on: nothing in the file itself speaks of the rest.
    expect(verifyChain(joined(wholeUntil))).toMatchObject({ intact: true });
    expect(verifyChain(joined(wholeUntil), head)).toMatchObject({ intact: false, line: 6 });
  });

  it('is found out when it was written anew from its first line to its last', () => {
    expect(verifyChain(trail(3).content, head)).toMatchObject({ intact: false });
  });

  it('goes on after a line that a dying process left half-written, which was never promised', () => {
    const { path } = trail(1);
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from('{"seq":6,"prev":"ab')]));
    const recover = new AuditLog(path, 'r1', 'recover');
    recover.close();
    expect(verifyChain(readFileSync(path))).toMatchObject({ intact: true, head: recover.head });
  });
});
