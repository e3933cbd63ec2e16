import type { Random } from '../base/random.js';
import { BATCH_ENTRY_BYTES, writeBodyLength } from './batch.js';
import type { FrameBlock } from './frame-block.js';
import { encodeHeaders, type FrameHeaders } from './frame-headers.js';
import type { FrameKind } from './frame-mix.js';
import { type EncodedText, encodeText, NO_TEXT, type PlacedField } from './frame-text.js';
import { STAMP_BYTES } from './stamp.js';
import { STAMP_FIELD, STAMP_HEADER } from './stamp-header.js';

/** What a server takes for one control line, unless it was told otherwise. */
const MAX_CONTROL_LINE = 4096;
const STAMP_LINE: FrameHeaders = { [STAMP_HEADER]: [STAMP_FIELD] };
const CR = 13;
const LF = 10;

export interface FrameShape {
  readonly kinds: readonly FrameKind[];
  /** `entry`: each frame is an event within a message of several (see batch.ts), without headers; a message unless told. */
  readonly envelope?: 'message' | 'entry';
  /** Where answers go: each frame's reply subject is this followed by `replyTokenBytes` bytes of its own. */
  readonly replyPrefix?: string;
  readonly replyTokenBytes?: number;
  /** Written into every message; with at least one, frames are HPUB. */
  readonly headers?: FrameHeaders;
  /** Headers of the frame with this number, behind those of every message. Frames are numbered from 0, round by round. */
  readonly headersOf?: (frame: number, kind: number, random: Random) => FrameHeaders;
}

/** A frame before it has its place in a block; reused where frames are encoded while they are sent. */
export interface FrameDraft {
  kind: number;
  header: EncodedText;
  /** The payload lies in [start, end) of this, its fields by their distance from `start`; absent for noise. */
  source: Uint8Array | undefined;
  start: number;
  end: number;
  fields: readonly PlacedField[];
}

/** A control line before its sizes: `HPUB cim.events.orders.Placed _INBOX.x.000000000 `. */
interface Beginning {
  readonly bytes: Buffer;
  /** 0 for none. */
  readonly tokenAt: number;
}

/** What is the same for all frames of a kind. */
interface KindParts {
  readonly plain: Beginning;
  readonly withHeader: Beginning;
  readonly header: EncodedText;
}

/** Turns messages of a mix into the bytes of their frames. */
export class FrameEncoder {
  readonly #shape: FrameShape;
  readonly #parts: (KindParts | undefined)[] = [];

  constructor(shape: FrameShape) {
    this.#shape = shape;
  }

  /**
   * The frame with this number, of a kind and with the size that was drawn for it. Throws a RangeError for what no
   * server would take.
   */
  draft(frame: number, kind: number, drawnBytes: number, random: Random): FrameDraft {
    const { payload } = this.#shape.kinds[kind]!;
    const text = payload && encodeText(payload(random, drawnBytes));
    return {
      kind,
      header: this.headerOf(frame, kind, random),
      source: text?.bytes,
      start: 0,
      end: text ? text.bytes.length : drawnBytes,
      fields: text?.fields ?? [],
    };
  }

  /** The header block of a frame. */
  headerOf(frame: number, kind: number, random: Random): EncodedText {
    const { headersOf } = this.#shape;
    return headersOf ? this.#header(kind, headersOf(frame, kind, random)) : this.#partsOf(kind).header;
  }

  /** How long a frame is. Throws a RangeError for what no server would take. */
  lengthOf(draft: FrameDraft): number {
    const { header, kind } = draft;
    const payloadBytes = draft.end - draft.start;
    const { subject, stampIn } = this.#shape.kinds[kind]!;
    const inPayload = stampIn !== 'header';
    if (inPayload && payloadBytes < STAMP_BYTES) {
      throw new RangeError(
        `${subject}: a payload of ${payloadBytes} B has no room for its ${STAMP_BYTES} B stamp`,
      );
    }
    if (this.#shape.envelope === 'entry') {
      return BATCH_ENTRY_BYTES + payloadBytes - (inPayload ? STAMP_BYTES : 0);
    }
    const headerBytes = header.bytes.length;
    const sizes = (headerBytes > 0 ? digitsOf(headerBytes) + 1 : 0) + digitsOf(headerBytes + payloadBytes);
    const lineBytes = this.#beginning(kind, headerBytes).bytes.length + sizes + 2;
    if (lineBytes > MAX_CONTROL_LINE) {
      throw new RangeError(
        `the subject ${subject.slice(0, 40)}… makes a control line of ${lineBytes} B; a server takes ${MAX_CONTROL_LINE}`,
      );
    }
    return lineBytes + headerBytes + payloadBytes + 2;
  }

  /** The control line of a kind's messages before its sizes, for those that are put together while they are sent. */
  beginningOf(kind: number, headerBytes: number): Buffer {
    return this.#beginning(kind, headerBytes).bytes;
  }

  /** Writes a frame behind the others of a block, which must have room for it. Noise is drawn. */
  append(block: FrameBlock, draft: FrameDraft, random: Random): void {
    const frame = block.count;
    const { bytes } = block;
    const { kind, header, start } = draft;
    const payloadBytes = draft.end - start;
    const inHeader = this.#shape.kinds[kind]!.stampIn === 'header';
    let at = block.end;
    block.tokenAt[frame] = 0;
    if (this.#shape.envelope === 'entry') {
      block.stampAt[frame] = at;
      const stamped = inHeader ? 0 : STAMP_BYTES;
      writeBodyLength(bytes, at, payloadBytes - stamped);
      at = writePayload(block, draft, at + BATCH_ENTRY_BYTES, stamped, random);
    } else {
      const headerBytes = header.bytes.length;
      const beginning = this.#beginning(kind, headerBytes);
      if (beginning.tokenAt > 0) block.tokenAt[frame] = at + beginning.tokenAt;
      at += beginning.bytes.copy(bytes, at);
      if (headerBytes > 0) at += bytes.write(`${headerBytes} `, at, 'latin1');
      at += bytes.write(`${headerBytes + payloadBytes}\r\n`, at, 'latin1');
      placeFields(block, header.fields, at);
      at += header.bytes.copy(bytes, at);
      block.stampAt[frame] = inHeader ? -1 : at;
      at = writePayload(block, draft, at, 0, random);
      bytes[at++] = CR;
      bytes[at++] = LF;
    }
    block.kind[frame] = kind;
    block.frameEnd[frame] = at;
    block.payloadBefore[frame + 1] = block.payloadBefore[frame]! + payloadBytes;
    block.fieldEnd[frame] = block.fields.length;
    block.count++;
  }

  #partsOf(kind: number): KindParts {
    const known = this.#parts[kind];
    if (known) return known;
    const { replyPrefix, replyTokenBytes = 0, envelope } = this.#shape;
    const { subject } = this.#shape.kinds[kind]!;
    if (!isPublishable(subject))
      throw new RangeError(`"${subject}" is not a subject that can be published to`);
    const beginning = (operation: string): Beginning => {
      const start = `${operation} ${subject}${replyPrefix === undefined ? '' : ` ${replyPrefix}`}`;
      return {
        bytes: Buffer.from(`${start}${'0'.repeat(replyTokenBytes)} `),
        tokenAt: replyPrefix === undefined ? 0 : Buffer.byteLength(start),
      };
    };
    const parts: KindParts = {
      plain: beginning('PUB'),
      withHeader: beginning('HPUB'),
      header: envelope === 'entry' ? NO_TEXT : this.#header(kind),
    };
    this.#parts[kind] = parts;
    return parts;
  }

  #beginning(kind: number, headerBytes: number): Beginning {
    const { plain, withHeader } = this.#partsOf(kind);
    return headerBytes > 0 ? withHeader : plain;
  }

  #header(kind: number, own?: FrameHeaders): EncodedText {
    const { kinds, headers } = this.#shape;
    return encodeHeaders(kinds[kind]!.stampIn === 'header' ? STAMP_LINE : undefined, headers, own);
  }
}

/** Returns where the payload ends; its first `skip` bytes are left out. */
function writePayload(
  block: FrameBlock,
  { source, start, end, fields }: FrameDraft,
  at: number,
  skip: number,
  random: Random,
): number {
  const { bytes } = block;
  const length = end - start - skip;
  if (source === undefined) random.fill(bytes.subarray(at, at + length));
  else bytes.set(source.subarray(start + skip, end), at);
  placeFields(block, fields, at - skip);
  return at + length;
}

function placeFields(block: FrameBlock, fields: readonly PlacedField[], at: number): void {
  for (const placed of fields) {
    block.fields.push(placed.field);
    block.fieldAt.push(at + placed.at);
  }
}

const digitsOf = (value: number): number => String(value).length;

/** No empty token, no wildcard, nothing that would end the word on the wire. */
function isPublishable(subject: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not stand in a subject
  return !/[\s\u0000-\u001f]/.test(subject) && subject.split('.').every((token) => !/^(|\*|>)$/.test(token));
}
