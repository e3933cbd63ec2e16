import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { messageOf, StormglassError } from '../base/errors.js';
import { NO_STAMP, type OperationBlock, type WriterHistory } from '../contracts/history.js';
import {
  BLOCK,
  BLOCK_HEADER_BYTES,
  CRC_FROM,
  FORMAT,
  FORMAT_VERSION,
  HAS,
  type HistoryHead,
  OUTCOME_BITS,
} from './history-format.js';

/** A block longer than this was not written by us: its length is not believed. */
const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;

/**
 * Reads the history of one writer. Goes through the whole file once, to know its reasons and whether it is complete;
 * memory is that of one block. A file that ends in the middle of a block, or whose blocks do not fit their check
 * sums, is read up to there and is not `complete`.
 * @throws StormglassError when the file cannot be read, or does not begin like a history
 */
export function openHistory(file: string): WriterHistory {
  const reasons = [''];
  let head: HistoryHead | undefined;
  let complete = false;
  let operations = 0;
  for (const { kind, count, number, payload } of readBlocks(file)) {
    if (kind === BLOCK.head) head = JSON.parse(payload.toString()) as HistoryHead;
    else if (kind === BLOCK.reasons) reasons.push(...(JSON.parse(payload.toString()) as string[]));
    else if (kind === BLOCK.operations) operations += count;
    else if (kind === BLOCK.end) complete = number === operations;
    if (head?.format !== FORMAT || head.version !== FORMAT_VERSION) break;
  }
  if (head?.format !== FORMAT) throw new StormglassError('unexpected', `${file} is not an operation history`);
  if (head.version !== FORMAT_VERSION) {
    throw new StormglassError(
      'unexpected',
      `${file} has version ${head.version}; ${FORMAT_VERSION} is expected`,
    );
  }
  return {
    load: head.load,
    writer: head.writer,
    subjects: head.subjects,
    kinds: ['publish'],
    reason: (index) => reasons[index] ?? '',
    complete,
    *blocks() {
      for (const block of readBlocks(file))
        if (block.kind === BLOCK.operations) yield decodeOperations(block);
    },
  };
}

interface RawBlock {
  readonly kind: number;
  readonly count: number;
  readonly number: number;
  readonly payload: Buffer;
}

/** The blocks up to the end, or up to the first that is cut short or damaged. */
function* readBlocks(file: string): Generator<RawBlock> {
  const fd = openFor(file);
  try {
    const { size } = fstatSync(fd);
    const header = Buffer.alloc(BLOCK_HEADER_BYTES);
    for (let at = 0; at + BLOCK_HEADER_BYTES <= size; ) {
      readFully(fd, header, at);
      const length = header.readUInt32LE(0);
      if (length > MAX_PAYLOAD_BYTES || at + BLOCK_HEADER_BYTES + length > size) return;
      const payload = Buffer.allocUnsafe(length);
      readFully(fd, payload, at + BLOCK_HEADER_BYTES);
      if (crc32(payload, crc32(header.subarray(CRC_FROM))) !== header.readUInt32LE(4)) return;
      yield {
        kind: header.readUInt32LE(8),
        count: header.readUInt32LE(12),
        number: header.readDoubleLE(16),
        payload,
      };
      at += BLOCK_HEADER_BYTES + length;
    }
  } finally {
    closeSync(fd);
  }
}

function openFor(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (cause) {
    throw new StormglassError('unexpected', `cannot read the history ${file}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function readFully(fd: number, into: Buffer, position: number): void {
  for (let got = 0; got < into.length; ) {
    const read = readSync(fd, into, got, into.length - got, position + got);
    if (read === 0) throw new Error('the history became shorter while it was read');
    got += read;
  }
}

function decodeOperations({ count, number: baseDueNs, payload }: RawBlock): OperationBlock {
  const block = {
    count,
    kind: new Uint8Array(count),
    detail: new Float64Array(count),
    valueWriter: new Uint16Array(count),
    valueSequence: new Float64Array(count).fill(NO_STAMP),
    sequence: new Float64Array(count),
    dueNs: new Float64Array(count),
    sentNs: new Float64Array(count),
    doneNs: new Float64Array(count),
    subject: new Uint32Array(count),
    streamSequence: new Float64Array(count),
    outcome: new Uint8Array(count),
    reason: new Uint16Array(count),
  };
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = payload[at++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const signed = (): number => {
    const value = number();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  };
  let sequence = 0;
  let dueNs = baseDueNs;
  let streamSequence = 0;
  for (let i = 0; i < count; i++) {
    const flags = payload[at++] as number;
    sequence += signed();
    dueNs += signed();
    block.sequence[i] = sequence;
    block.dueNs[i] = dueNs;
    if (flags & HAS.sent) block.sentNs[i] = dueNs + signed();
    if (flags & HAS.done) block.doneNs[i] = dueNs + signed();
    block.subject[i] = number();
    if (flags & HAS.streamSequence) {
      streamSequence += signed();
      block.streamSequence[i] = streamSequence;
    }
    if (flags & HAS.reason) block.reason[i] = number();
    block.outcome[i] = flags & OUTCOME_BITS;
  }
  return block;
}
