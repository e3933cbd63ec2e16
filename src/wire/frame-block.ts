import type { Random } from '../base/random.js';
import type { FrameKind, FrameMix } from './frame-mix.js';
import { STAMP_BYTES } from './stamp.js';

/** What a server takes for one control line, unless it was told otherwise. */
const MAX_CONTROL_LINE = 4096;

export interface FrameShape {
  readonly kinds: readonly FrameKind[];
  /** Where answers go: each frame's reply subject is this followed by `replyTokenBytes` bytes of its own. */
  readonly replyPrefix?: string;
  readonly replyTokenBytes?: number;
  /** Written into every message; with at least one, frames are HPUB. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Pre-encoded PUB or HPUB frames, back to back. All but the stamp and the reply token of a frame is final, so that
 * sending a message is sixteen bytes of stamp, and a block is one write.
 */
export class FrameBlock {
  readonly bytes: Buffer;
  readonly count: number;
  /** Offset behind frame i; frame i begins where frame i − 1 ends. */
  readonly frameEnd: Uint32Array;
  /** Offset of the stamp, which is the payload's beginning. */
  readonly stampAt: Uint32Array;
  /** Offset of the reply token; 0 for frames without. */
  readonly tokenAt: Uint32Array;
  /** Index into the shape's kinds. */
  readonly kind: Uint16Array;
  /** Payload bytes of the frames before frame i; one longer than `count`. */
  readonly payloadBefore: Float64Array;
  /** Socket writes of this block that the kernel does not have yet: it must not be stamped again before. */
  pendingWrites = 0;

  /** Encodes the frames [first, end) of a mix. Throws a RangeError for what no server would take. */
  constructor(shape: FrameShape, mix: FrameMix, first: number, end: number, random: Random) {
    const count = end - first;
    const lines: Buffer[] = [];
    const header = encodeHeaders(shape.headers);
    let length = 0;
    for (let i = first; i < end; i++) {
      const line = controlLine(shape, mix.kind[i]!, mix.payloadBytes[i]!, header.length);
      lines.push(line);
      length += frameLength(line.length, header.length, mix.payloadBytes[i]!);
    }
    // An allocation of its own: blocks that share a pool's slab would be slower to write.
    this.bytes = Buffer.allocUnsafeSlow(length);
    this.count = count;
    this.frameEnd = new Uint32Array(count);
    this.stampAt = new Uint32Array(count);
    this.tokenAt = new Uint32Array(count);
    this.kind = mix.kind.slice(first, end);
    this.payloadBefore = new Float64Array(count + 1);

    random.fill(this.bytes);
    let at = 0;
    lines.forEach((line, i) => {
      const payloadBytes = mix.payloadBytes[first + i]!;
      line.copy(this.bytes, at);
      if (shape.replyPrefix !== undefined) {
        const { subject } = shape.kinds[this.kind[i]!]!;
        const operationBytes = (header.length > 0 ? 'HPUB ' : 'PUB ').length;
        this.tokenAt[i] =
          at + operationBytes + Buffer.byteLength(subject) + 1 + Buffer.byteLength(shape.replyPrefix);
      }
      header.copy(this.bytes, at + line.length);
      this.stampAt[i] = at + line.length + header.length;
      at = this.stampAt[i]! + payloadBytes;
      this.bytes.write('\r\n', at, 'latin1');
      at += 2;
      this.frameEnd[i] = at;
      this.payloadBefore[i + 1] = this.payloadBefore[i]! + payloadBytes;
    });
  }
}

/** Length of one frame of a payload of `payloadBytes`, for sizing blocks before they are encoded. */
export function frameBytes(shape: FrameShape, kind: number, payloadBytes: number): number {
  const header = encodeHeaders(shape.headers);
  return frameLength(
    controlLine(shape, kind, payloadBytes, header.length).length,
    header.length,
    payloadBytes,
  );
}

function frameLength(lineBytes: number, headerBytes: number, payloadBytes: number): number {
  return lineBytes + headerBytes + payloadBytes + 2;
}

function controlLine(shape: FrameShape, kind: number, payloadBytes: number, headerBytes: number): Buffer {
  const { subject } = shape.kinds[kind]!;
  if (payloadBytes < STAMP_BYTES) {
    throw new RangeError(
      `${subject}: a payload of ${payloadBytes} B has no room for its ${STAMP_BYTES} B stamp`,
    );
  }
  if (!isPublishable(subject)) throw new RangeError(`"${subject}" is not a subject that can be published to`);
  const reply =
    shape.replyPrefix === undefined ? '' : ` ${shape.replyPrefix}${'0'.repeat(shape.replyTokenBytes ?? 0)}`;
  const sizes = headerBytes > 0 ? `${headerBytes} ${headerBytes + payloadBytes}` : String(payloadBytes);
  const line = Buffer.from(`${headerBytes > 0 ? 'HPUB' : 'PUB'} ${subject}${reply} ${sizes}\r\n`);
  if (line.length > MAX_CONTROL_LINE) {
    throw new RangeError(
      `the subject ${subject.slice(0, 40)}… makes a control line of ${line.length} B; a server takes ${MAX_CONTROL_LINE}`,
    );
  }
  return line;
}

/** No empty token, no wildcard, nothing that would end the word on the wire. */
function isPublishable(subject: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not stand in a subject
  return !/[\s\u0000-\u001f]/.test(subject) && subject.split('.').every((token) => !/^(|\*|>)$/.test(token));
}

/** The header block of every message; empty when there are no headers. */
export function encodeHeaders(headers: Readonly<Record<string, string>> | undefined): Buffer {
  const entries = Object.entries(headers ?? {});
  if (entries.length === 0) return Buffer.alloc(0);
  for (const [name, value] of entries) {
    if (/[\s:]/.test(name) || name === '' || /[\r\n]/.test(value)) {
      throw new RangeError(`"${name}: ${value}" cannot stand in a message's header`);
    }
  }
  return Buffer.from(`NATS/1.0\r\n${entries.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
}
