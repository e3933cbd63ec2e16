import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { messageOf, StormglassError } from '../base/errors.js';
import type { OperationBlock, WriterHistory } from '../contracts/history.js';
import {
  BLOCK,
  BLOCK_HEADER_BYTES,
  CRC_FROM,
  FORMAT,
  FORMAT_VERSION,
  type HistoryHead,
} from './history-format.js';
import { OperationColumns } from './operation-columns.js';
import { subjectNames } from './subject-names.js';

/** A block longer than this was not written by us: its length is not believed. */
const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;

/**
 * Reads the history of one writer. Goes through the whole file once, to know its reasons and whether it is complete;
 * memory is that of one block. A file that ends in the middle of a block, or whose blocks do not fit their check
 * sums, is read up to there and is not `complete`. Its blocks are all the same object, with another content each.
 * @throws StormglassError when the file cannot be read, or does not begin like a history of this version
 */
export function openHistory(file: string): WriterHistory {
  const reasons = [''];
  const places: BlockPlace[] = [];
  let head: HistoryHead | undefined;
  let complete = false;
  let operations = 0;
  for (const { kind, count, number, payload, at } of readBlocks(file)) {
    if (kind === BLOCK.head) head = JSON.parse(payload.toString()) as HistoryHead;
    else if (kind === BLOCK.reasons) reasons.push(...(JSON.parse(payload.toString()) as string[]));
    else if (kind === BLOCK.operations) {
      operations += count;
      places.push({ at, length: payload.length, count });
    } else if (kind === BLOCK.end) complete = number === operations;
    if (head?.format !== FORMAT || head.version !== FORMAT_VERSION) break;
  }
  if (head?.format !== FORMAT) throw new StormglassError('unexpected', `${file} is not an operation history`);
  const { version, load, writer, kinds, messageIds = false, subjects } = head;
  if (version !== FORMAT_VERSION) {
    throw new StormglassError(
      'unexpected',
      `${file} is an operation history of version ${version}; this stormglass reads version ${FORMAT_VERSION}`,
      { hint: 'read it with the stormglass that wrote it, or run the scenario again' },
    );
  }
  let names: readonly string[] | undefined;
  return {
    load,
    writer,
    get subjects() {
      names ??= subjectNames(subjects);
      return names;
    },
    kinds,
    ...(messageIds && { messageIds }),
    reason: (index) => reasons[index] ?? '',
    complete,
    blocks: () => decodeBlocks(file, places),
  };
}

/** Where the payload of a block of operations stands whose check sum was found good. */
interface BlockPlace {
  readonly at: number;
  readonly length: number;
  readonly count: number;
}

function* decodeBlocks(file: string, places: readonly BlockPlace[]): Generator<OperationBlock> {
  const columns = new OperationColumns();
  const bytes = Buffer.allocUnsafe(places.reduce((most, { length }) => Math.max(most, length), 0));
  const fd = openFor(file);
  try {
    for (const { at, length, count } of places) {
      const payload = bytes.subarray(0, length);
      readFully(fd, payload, at);
      if (!columns.take(payload, count))
        throw new StormglassError('unexpected', `${file} was damaged meanwhile`);
      yield columns;
    }
  } finally {
    closeSync(fd);
  }
}

interface RawBlock {
  readonly kind: number;
  readonly count: number;
  readonly number: number;
  readonly payload: Buffer;
  /** Where the payload begins in the file. */
  readonly at: number;
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
        at: at + BLOCK_HEADER_BYTES,
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
