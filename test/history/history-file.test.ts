import {
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { NO_STAMP, OPERATION_KINDS, type WriterHistory } from '../../src/contracts/history.js';
import { openHistory } from '../../src/history/history-reader.js';
import { HistoryWriter } from '../../src/history/history-writer.js';
import { emptyRow, type OperationRow } from '../../src/history/operation-row.js';

type Operation = Omit<OperationRow, 'reason'> & { readonly reason: string };

const SUBJECTS = ['cim.events.a', 'cim.events.b', 'cim.events.c'];
const identity = { load: 'orders', writer: 7, kinds: OPERATION_KINDS, subjects: SUBJECTS };

let directory: string;
let files = 0;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'stormglass-history-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const freshFile = () => join(directory, `${++files}.sgh`);

const row = emptyRow();
const append = (writer: HistoryWriter, operation: Operation) =>
  writer.append(Object.assign(row, operation, { reason: writer.reasonIndex(operation.reason) }));

function readAll(history: WriterHistory): Operation[] {
  const operations: Operation[] = [];
  for (const block of history.blocks()) {
    for (let i = 0; i < block.count; i++) {
      operations.push({
        kind: block.kind[i]!,
        sequence: block.sequence[i]!,
        dueNs: block.dueNs[i]!,
        sentNs: block.sentNs[i]!,
        doneNs: block.doneNs[i]!,
        subject: block.subject[i]!,
        streamSequence: block.streamSequence[i]!,
        detail: block.detail[i]!,
        valueWriter: block.valueWriter[i]!,
        valueSequence: block.valueSequence[i]!,
        outcome: block.outcome[i]!,
        reason: history.reason(block.reason[i]!),
      });
    }
  }
  return operations;
}

/** What a window of acknowledged publishes looks like: answered a little out of order, now and then not at all. */
function likelyOperations(count: number, seed: number): Operation[] {
  const random = seededRandom(seed);
  const bootNs = 8.7e15;
  return Array.from({ length: count }, (_, i) => {
    const dueNs = Math.floor(bootNs + i * 200_000 + random.below(1000));
    const outcome = random.below(50) === 0 ? 1 + random.below(2) : 0;
    return {
      ...emptyRow(),
      sequence: i + (i % 8 === 7 ? -1 : i % 8 === 6 ? 1 : 0),
      dueNs,
      sentNs: outcome === 1 ? 0 : dueNs + random.below(100_000),
      doneNs: dueNs + 300_000 + random.below(20_000_000),
      subject: random.below(3),
      streamSequence: outcome === 0 ? 1_000_000 + i * 3 : 0,
      outcome,
      reason: outcome === 0 ? '' : outcome === 1 ? '503 no responders' : 'timeout',
    };
  });
}

function write(
  file: string,
  operations: readonly Operation[],
  flushEvery = Number.POSITIVE_INFINITY,
): HistoryWriter {
  const writer = HistoryWriter.open(file, identity);
  operations.forEach((operation, i) => {
    append(writer, operation);
    if (i % flushEvery === flushEvery - 1) writer.flush();
  });
  return writer;
}

describe('an operation history', () => {
  it('tells whether each message has an id', () => {
    const told = [true, false].map((messageIds) => {
      const file = join(directory, `ids-${messageIds}.sgh`);
      HistoryWriter.open(file, { ...identity, messageIds }).close();
      return openHistory(file).messageIds;
    });
    expect(told).toEqual([true, undefined]);
  });

  it('names the kinds it may hold, and a million keys in a few bytes, made once for all of a load', () => {
    const subjects = ['first', { prefix: '$KV.carts.k', digits: 7, count: 1_000_000 }, 'last'];
    const files = [7, 8].map((number) => {
      const file = freshFile();
      HistoryWriter.open(file, { load: 'carts', writer: number, kinds: ['put', 'get'], subjects }).close();
      return file;
    });
    expect(statSync(files[0]!).size).toBeLessThan(300);
    const [first, second] = files.map(openHistory);
    expect(first!.kinds).toEqual(['put', 'get']);
    expect(first!.subjects).toHaveLength(1_000_002);
    const [at0, at1, at4711, atEnd] = [0, 1, 4712, 1_000_001].map((i) => first!.subjects[i]);
    expect([at0, at1, at4711, atEnd]).toEqual(['first', '$KV.carts.k0000000', '$KV.carts.k0004711', 'last']);
    expect(second!.subjects).toBe(first!.subjects);
  });

  it('decodes columns in whatever order they are looked at, into the same object for every block', () => {
    const file = freshFile();
    const operations = likelyOperations(10_000, 6);
    write(file, operations, 3000).close();
    const seen = new Set<object>();
    let sum = 0;
    for (const block of openHistory(file).blocks()) {
      seen.add(block);
      // Read in an order of its own: done needs sent, which needs due.
      for (let i = 0; i < block.count; i++) sum += block.doneNs[i]! - block.dueNs[i]!;
    }
    expect(seen.size).toBe(1);
    expect(sum).toBe(operations.reduce((all, { doneNs, dueNs }) => all + doneNs - dueNs, 0));
  });

  it('gives back every operation that was written, any number of times', () => {
    const file = freshFile();
    const operations = likelyOperations(20_000, 1);
    write(file, operations, 3000).close();
    const history = openHistory(file);
    expect(history).toMatchObject({ ...identity, complete: true });
    expect(readAll(history)).toEqual(operations);
    expect(readAll(history)).toEqual(operations);
  });

  it('gives back operations of every size and order', () => {
    const whole = fc.oneof(
      fc.constant(0),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 1e6 }),
      fc.maxSafeNat(),
      fc.constant(Number.MAX_SAFE_INTEGER),
    );
    const operation: fc.Arbitrary<Operation> = fc.record({
      kind: fc.nat(OPERATION_KINDS.length - 1),
      sequence: fc.oneof(fc.nat(100), fc.nat(2 ** 31), fc.constant(2 ** 40 - 1)),
      dueNs: whole,
      sentNs: whole,
      doneNs: whole,
      subject: fc.oneof(fc.nat(3), fc.nat(2 ** 31), fc.constant(2 ** 32 - 1)),
      streamSequence: whole,
      detail: whole,
      valueWriter: fc.oneof(fc.nat(3), fc.nat(65_535)),
      valueSequence: fc.oneof(fc.constant(NO_STAMP), whole),
      outcome: fc.nat(2),
      reason: fc.oneof(fc.constant(''), fc.string({ maxLength: 200 })),
    });
    fc.assert(
      fc.property(
        fc.array(operation, { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        (operations, flushEvery) => {
          const file = freshFile();
          write(file, operations, flushEvery).close();
          expect(readAll(openHistory(file))).toEqual(operations);
          rmSync(file);
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });

  it('takes at most 32 bytes an operation', () => {
    const file = freshFile();
    const operations = likelyOperations(50_000, 2);
    write(file, operations, 5000).close();
    const bytes = statSync(file).size / operations.length;
    expect(bytes).toBeLessThan(32);
    expect(bytes).toBeGreaterThan(5);
  });

  it('keeps what was flushed when its writer never came to close it', () => {
    const file = freshFile();
    const operations = likelyOperations(1000, 3);
    const writer = write(file, operations.slice(0, 600));
    writer.flush();
    for (const operation of operations.slice(600)) append(writer, operation);
    const history = openHistory(file);
    expect(readAll(history)).toEqual(operations.slice(0, 600));
    expect(history.complete).toBe(false);
    writer.close();
    expect(openHistory(file).complete).toBe(true);
  });

  it('is read up to its last whole block, wherever it is cut off', () => {
    const file = freshFile();
    const operations = likelyOperations(400, 4);
    write(file, operations, 50).close();
    const whole = readFileSync(file);
    const headLength = 24 + whole.readUInt32LE(0);
    fc.assert(
      fc.property(fc.integer({ min: headLength, max: whole.length - 1 }), (length) => {
        writeFileSync(file, whole);
        truncateSync(file, length);
        const history = openHistory(file);
        const read = readAll(history);
        expect(history.complete).toBe(false);
        expect(read.length % 50).toBe(0);
        expect(read).toEqual(operations.slice(0, read.length));
      }),
      { seed: 8, numRuns: 100 },
    );
  });

  it('never gives back an operation that was not written, whichever byte is damaged', () => {
    const file = freshFile();
    const operations = likelyOperations(400, 5);
    write(file, operations, 50).close();
    const whole = readFileSync(file);
    const headLength = 24 + whole.readUInt32LE(0);
    fc.assert(
      fc.property(
        fc.integer({ min: headLength, max: whole.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, flip) => {
          const damaged = Buffer.from(whole);
          damaged[at] = damaged[at]! ^ flip;
          writeFileSync(file, damaged);
          const history = openHistory(file);
          const read = readAll(history);
          expect(history.complete).toBe(false);
          expect(read).toEqual(operations.slice(0, read.length));
        },
      ),
      { seed: 9, numRuns: 200 },
    );
  });

  it('shares an index among reasons when there are too many different ones', () => {
    const file = freshFile();
    const writer = HistoryWriter.open(file, identity);
    const indices = Array.from({ length: 5000 }, (_, i) => writer.reasonIndex(`reason ${i}`));
    writer.close();
    const history = openHistory(file);
    expect(history.reason(indices[3]!)).toBe('reason 3');
    expect(history.reason(indices[4999]!)).toBe('other reasons');
    expect(new Set(indices).size).toBe(1001);
    expect(history.reason(0)).toBe('');
  });

  it('refuses what is no operation', () => {
    const writer = HistoryWriter.open(freshFile(), identity);
    expect(() => writer.append({ ...emptyRow(), dueNs: Number.NaN })).toThrow(RangeError);
    expect(() => writer.append({ ...emptyRow(), sentNs: Number.POSITIVE_INFINITY })).toThrow(RangeError);
    writer.close();
    writer.close();
  });

  it('says which file the disk was too full for', () => {
    const file = freshFile();
    symlinkSync('/dev/full', file);
    expect(() => HistoryWriter.open(file, identity)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(file),
        hint: expect.stringContaining('space'),
      }),
    );
  });

  it('says which file is none of its own', () => {
    const file = freshFile();
    expect(() => openHistory(file)).toThrow(file);
    writeFileSync(file, 'a text file that someone put here');
    expect(() => openHistory(file)).toThrow(`${file} is not an operation history`);
    writeFileSync(file, '');
    expect(() => openHistory(file)).toThrow(`${file} is not an operation history`);
  });

  it('says of a file of another version which one that is', () => {
    const file = freshFile();
    const head = { format: 'stormglass-history', version: 1, load: 'orders', writer: 7, subjects: SUBJECTS };
    const payload = Buffer.from(JSON.stringify(head));
    const block = Buffer.alloc(24);
    block.writeUInt32LE(payload.length, 0);
    block.writeUInt8(1, 8);
    block.writeUInt32LE(crc32(payload, crc32(block.subarray(8))), 4);
    writeFileSync(file, Buffer.concat([block, payload]));
    expect(() => openHistory(file)).toThrow(
      `${file} is an operation history of version 1; this stormglass reads version 2`,
    );
  });
});
