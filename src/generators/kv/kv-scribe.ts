import type { Random } from '../../base/random.js';
import { REPLY_TOKEN_BYTES, writeReplyToken } from '../../wire/reply-token.js';
import { STAMP_BYTES, writeStamp } from '../../wire/stamp.js';
import type { AckWindow } from '../ack-window.js';
import type { Scribe } from '../scribe-feed.js';
import { KeyDraw } from './key-draw.js';
import { bucketStream, KV_OPERATIONS, type KvParams, keyDigits, keyName } from './kv-schema.js';

export const PUT = KV_OPERATIONS.indexOf('put');
export const GET = KV_OPERATIONS.indexOf('get');
export const COMPARE_AND_SET = KV_OPERATIONS.indexOf('compare-and-set');

/** As many digits as the largest whole number that a double holds. */
const REVISION_DIGITS = 16;

const DIRECT_GET = '$JS.API.DIRECT.GET.';

/** A frame of one kind of operation, with the places that differ from one operation to the next. */
interface Pattern {
  readonly bytes: Buffer;
  readonly keyAt: number;
  readonly tokenAt: number;
  /** 0: none. */
  readonly revisionAt: number;
  /** 0: none. */
  readonly stampAt: number;
}

export interface KvScribeOptions {
  readonly params: KvParams;
  readonly inbox: string;
  readonly writer: number;
  readonly window: AckWindow;
  readonly random: Random;
}

/**
 * Writes puts, gets and compare-and-sets as clients of NATS do: a put is a publish to the bucket's stream, a
 * compare-and-set one that expects the key's last sequence, a get asks a replica directly.
 */
export class KvScribe implements Scribe {
  readonly largestFrameBytes: number;
  readonly largestMessageBytes: number;
  readonly meanBytes: number;
  writtenBytes = 0;
  /** By slot: which operation it is, and of which key. */
  readonly operation: Uint8Array;
  readonly key: Int32Array;
  /** By slot: the revision that a compare-and-set expects; 0 for none, which is that there is no such key. */
  readonly expected: Float64Array;
  /** By key: the revision that this worker knows; 0 for none. */
  readonly revision: Float64Array;
  readonly #patterns: readonly Pattern[];
  readonly #cumulatedMix: readonly number[];
  readonly #bucket: string;
  readonly #keyDigits: number;
  readonly #valueBytes: number;
  readonly #writer: number;
  readonly #window: AckWindow;
  readonly #keys: KeyDraw;
  readonly #random: Random;

  constructor({ params, inbox, writer, window, random }: KvScribeOptions) {
    const { bucket, keys, skew, size, mix } = params;
    this.#writer = writer;
    this.#bucket = bucket;
    this.#window = window;
    this.#random = random.fork('operation');
    this.#keys = new KeyDraw(keys, skew, random.fork('key'));
    this.#keyDigits = keyDigits(keys);
    this.#valueBytes = size;
    this.operation = new Uint8Array(window.size);
    this.key = new Int32Array(window.size);
    this.expected = new Float64Array(window.size);
    this.revision = new Float64Array(keys);
    const value = Buffer.allocUnsafe(size);
    random.fork('value').fill(value);
    const subject = `$KV.${bucket}.k${'0'.repeat(this.#keyDigits)}`;
    const reply = `${inbox}${'0'.repeat(REPLY_TOKEN_BYTES)}`;
    const expected = `NATS/1.0\r\nNats-Expected-Last-Subject-Sequence: ${'0'.repeat(REVISION_DIGITS)}\r\n\r\n`;
    const direct = `${DIRECT_GET}${bucketStream(bucket)}.${subject}`;
    this.#patterns = [
      patternOf(`PUB ${subject}`, subject, reply, '', value),
      patternOf(`PUB ${direct}`, direct, reply, '', Buffer.alloc(0)),
      patternOf(`HPUB ${subject}`, subject, reply, expected, value),
    ];
    const total = KV_OPERATIONS.reduce((sum, operation) => sum + mix[operation], 0);
    let sum = 0;
    this.#cumulatedMix = KV_OPERATIONS.map((operation) => {
      sum += mix[operation];
      return sum / total;
    });
    this.largestFrameBytes = Math.max(...this.#patterns.map(({ bytes }) => bytes.length));
    this.largestMessageBytes = size + (mix['compare-and-set'] > 0 ? expected.length : 0);
    this.meanBytes = size * (1 - mix.get / total);
  }

  write(bytes: Buffer, at: number, slot: number, sequence: number, dueUs: number): number {
    const operation = this.#draw();
    const key = this.#keys.next();
    this.operation[slot] = operation;
    this.key[slot] = key;
    const pattern = this.#patterns[operation]!;
    pattern.bytes.copy(bytes, at);
    writeDigits(bytes, at + pattern.keyAt, this.#keyDigits, key);
    writeReplyToken(bytes, at + pattern.tokenAt, slot, this.#window.generation[slot]!);
    if (pattern.revisionAt > 0) {
      const expected = this.revision[key]!;
      this.expected[slot] = expected;
      writeDigits(bytes, at + pattern.revisionAt, REVISION_DIGITS, expected);
    }
    if (pattern.stampAt > 0) writeStamp(bytes, at + pattern.stampAt, this.#writer, sequence, dueUs);
    this.writtenBytes = operation === GET ? 0 : this.#valueBytes;
    return at + pattern.bytes.length;
  }

  /** Where the operation of a slot was published to. */
  subjectOf(slot: number): string {
    const subject = `$KV.${this.#bucket}.${keyName(this.key[slot]!, this.revision.length)}`;
    return this.operation[slot] === GET ? `${DIRECT_GET}${bucketStream(this.#bucket)}.${subject}` : subject;
  }

  #draw(): number {
    const drawn = this.#random.next();
    const mix = this.#cumulatedMix;
    return drawn < mix[PUT]! ? PUT : drawn < mix[GET]! ? GET : COMPARE_AND_SET;
  }
}

/** `command` ends with the subject, and the subject with the key's digits. */
function patternOf(command: string, subject: string, reply: string, header: string, value: Buffer): Pattern {
  const sizes = header ? `${header.length} ${header.length + value.length}` : String(value.length);
  const line = `${command} ${reply} ${sizes}\r\n`;
  const digits = /0*$/.exec(subject)?.[0].length ?? 0;
  const payloadAt = line.length + header.length;
  return {
    bytes: Buffer.concat([Buffer.from(line + header), value, Buffer.from('\r\n')]),
    keyAt: command.length - digits,
    tokenAt: command.length + 1 + reply.length - REPLY_TOKEN_BYTES,
    revisionAt: header ? line.length + header.indexOf(': ') + 2 : 0,
    stampAt: value.length >= STAMP_BYTES ? payloadAt : 0,
  };
}

/** Writes a whole number in so many decimal digits, with zeros before it. */
function writeDigits(bytes: Uint8Array, at: number, digits: number, value: number): void {
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    const next = Math.floor(rest / 10);
    bytes[i] = 48 + (rest - next * 10);
    rest = next;
  }
}
