import type { Random } from '../base/random.js';
import { encodeHeaders, type FrameHeaders } from './frame-headers.js';
import type { FrameKind, FrameMix } from './frame-mix.js';
import { type EncodedText, encodeText, type FrameField } from './frame-text.js';
import { STAMP_BYTES } from './stamp.js';
import { STAMP_FIELD, STAMP_HEADER } from './stamp-header.js';

/** What a server takes for one control line, unless it was told otherwise. */
const MAX_CONTROL_LINE = 4096;
const STAMP_LINE: FrameHeaders = { [STAMP_HEADER]: [STAMP_FIELD] };

export interface FrameShape {
  readonly kinds: readonly FrameKind[];
  /** Where answers go: each frame's reply subject is this followed by `replyTokenBytes` bytes of its own. */
  readonly replyPrefix?: string;
  readonly replyTokenBytes?: number;
  /** Written into every message; with at least one, frames are HPUB. */
  readonly headers?: FrameHeaders;
  /** Headers of the frame with this number, behind those of every message. Frames are numbered from 0, round by round. */
  readonly headersOf?: (frame: number) => FrameHeaders;
}

/**
 * Pre-encoded PUB or HPUB frames, back to back. All but the stamp, the reply token and the fields of a frame is final,
 * so that sending a message is sixteen bytes of stamp, and a block is one write.
 */
export class FrameBlock {
  readonly bytes: Buffer;
  readonly count: number;
  /** Offset behind frame i; frame i begins where frame i − 1 ends. */
  readonly frameEnd: Uint32Array;
  /** Offset of the stamp, which is the payload's beginning; −1 where it stands in a header, as a field. */
  readonly stampAt: Int32Array;
  /** Offset of the reply token; 0 for frames without. */
  readonly tokenAt: Uint32Array;
  /** Index into the shape's kinds. */
  readonly kind: Uint16Array;
  /** Payload bytes of the frames before frame i; one longer than `count`. */
  readonly payloadBefore: Float64Array;
  /** Whether there is any field to write with `writeFields`. */
  readonly hasFields: boolean;
  /** Header and payload of the largest message. */
  readonly largestMessageBytes: number;
  /** Socket writes of this block that the kernel does not have yet: it must not be stamped again before. */
  pendingWrites = 0;
  /** Fields of all frames, in order; those of frame i end at `#fieldEnd[i]`. */
  readonly #fields: readonly FrameField[];
  readonly #fieldAt: Uint32Array;
  readonly #fieldEnd: Uint32Array;

  /** Encodes the frames [first, end) of a mix. Throws a RangeError for what no server would take. */
  constructor(shape: FrameShape, mix: FrameMix, first: number, end: number, random: Random) {
    const count = end - first;
    const frames: FrameDraft[] = [];
    let length = 0;
    let largest = 0;
    for (let i = first; i < end; i++) {
      const draft = draftFrame(shape, i, mix.kind[i]!, mix.payloadBytes[i]!, random);
      frames.push(draft);
      length += draft.length;
      largest = Math.max(largest, draft.header.bytes.length + draft.payloadBytes);
    }
    // An allocation of its own: blocks that share a pool's slab would be slower to write.
    this.bytes = Buffer.allocUnsafeSlow(length);
    this.count = count;
    this.frameEnd = new Uint32Array(count);
    this.stampAt = new Int32Array(count);
    this.tokenAt = new Uint32Array(count);
    this.kind = mix.kind.slice(first, end);
    this.payloadBefore = new Float64Array(count + 1);
    this.largestMessageBytes = largest;
    const fields: FrameField[] = [];
    const fieldAt: number[] = [];
    this.#fieldEnd = new Uint32Array(count);

    random.fill(this.bytes);
    let at = 0;
    frames.forEach(({ line, replyAt, header, payload, payloadBytes }, i) => {
      const place = (text: EncodedText): void => {
        for (const placed of text.fields) {
          fields.push(placed.field);
          fieldAt.push(at + placed.at);
        }
        text.bytes.copy(this.bytes, at);
      };
      line.copy(this.bytes, at);
      if (replyAt > 0) this.tokenAt[i] = at + replyAt;
      at += line.length;
      place(header);
      at += header.bytes.length;
      if (payload !== undefined) place(payload);
      this.stampAt[i] = stampsHeader(shape.kinds[this.kind[i]!]!) ? -1 : at;
      at += payloadBytes;
      this.bytes.write('\r\n', at, 'latin1');
      at += 2;
      this.frameEnd[i] = at;
      this.payloadBefore[i + 1] = this.payloadBefore[i]! + payloadBytes;
      this.#fieldEnd[i] = fields.length;
    });
    this.#fields = fields;
    this.#fieldAt = Uint32Array.from(fieldAt);
    this.hasFields = fields.length > 0;
  }

  /** Writes the fields of a frame for one operation; `dueNs` is monotonic. */
  writeFields(frame: number, writer: number, sequence: number, dueNs: number): void {
    const end = this.#fieldEnd[frame]!;
    for (let i = frame === 0 ? 0 : this.#fieldEnd[frame - 1]!; i < end; i++) {
      this.#fields[i]!.write(this.bytes, this.#fieldAt[i]!, writer, sequence, dueNs);
    }
  }
}

/** A frame before it has its place in a block. */
interface FrameDraft {
  readonly line: Buffer;
  /** Where in the line the reply token stands; 0 for none. */
  readonly replyAt: number;
  readonly header: EncodedText;
  /** Absent for noise. */
  readonly payload: EncodedText | undefined;
  readonly payloadBytes: number;
  readonly length: number;
}

/** Length of a frame of such a kind and size, for sizing blocks before they are encoded. */
export function frameBytes(shape: FrameShape, kind: number, payloadBytes: number, random: Random): number {
  return draftFrame(shape, 0, kind, payloadBytes, random).length;
}

function draftFrame(
  shape: FrameShape,
  frame: number,
  kindIndex: number,
  drawnBytes: number,
  random: Random,
): FrameDraft {
  const kind = shape.kinds[kindIndex]!;
  const payload = kind.payload && encodeText(kind.payload(random, drawnBytes));
  const payloadBytes = payload?.bytes.length ?? drawnBytes;
  const inHeader = stampsHeader(kind);
  if (!inHeader && payloadBytes < STAMP_BYTES) {
    throw new RangeError(
      `${kind.subject}: a payload of ${payloadBytes} B has no room for its ${STAMP_BYTES} B stamp`,
    );
  }
  const header = encodeHeaders(inHeader ? STAMP_LINE : undefined, shape.headers, shape.headersOf?.(frame));
  const { line, replyAt } = controlLine(shape, kind.subject, payloadBytes, header.bytes.length);
  const length = line.length + header.bytes.length + payloadBytes + 2;
  return { line, replyAt, header, payload, payloadBytes, length };
}

const stampsHeader = ({ stampIn }: FrameKind): boolean => stampIn === 'header';

function controlLine(
  shape: FrameShape,
  subject: string,
  payloadBytes: number,
  headerBytes: number,
): { readonly line: Buffer; readonly replyAt: number } {
  if (!isPublishable(subject)) throw new RangeError(`"${subject}" is not a subject that can be published to`);
  const { replyPrefix, replyTokenBytes = 0 } = shape;
  const beginning = `${headerBytes > 0 ? 'HPUB' : 'PUB'} ${subject}${replyPrefix === undefined ? '' : ` ${replyPrefix}`}`;
  const sizes = headerBytes > 0 ? `${headerBytes} ${headerBytes + payloadBytes}` : String(payloadBytes);
  const line = Buffer.from(`${beginning}${'0'.repeat(replyTokenBytes)} ${sizes}\r\n`);
  if (line.length > MAX_CONTROL_LINE) {
    throw new RangeError(
      `the subject ${subject.slice(0, 40)}… makes a control line of ${line.length} B; a server takes ${MAX_CONTROL_LINE}`,
    );
  }
  return { line, replyAt: replyPrefix === undefined ? 0 : Buffer.byteLength(beginning) };
}

/** No empty token, no wildcard, nothing that would end the word on the wire. */
function isPublishable(subject: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not stand in a subject
  return !/[\s\u0000-\u001f]/.test(subject) && subject.split('.').every((token) => !/^(|\*|>)$/.test(token));
}
