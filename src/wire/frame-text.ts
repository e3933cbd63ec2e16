/** A place of fixed width in a frame, written anew each time the frame is sent. */
export interface FrameField {
  /** Bytes, always the same. */
  readonly width: number;
  /** Writes the field of one operation at `at`, in full. The hot path: allocates nothing. `dueNs` is monotonic. */
  write(bytes: Uint8Array, at: number, writer: number, sequence: number, dueNs: number): void;
}

/** What stands in a header or a payload: fixed but for its fields. */
export type FrameText = string | Uint8Array | readonly (string | Uint8Array | FrameField)[];

/** Bytes with the places of the fields in them, in ascending order. */
export interface EncodedText {
  readonly bytes: Buffer;
  readonly fields: readonly PlacedField[];
}

export interface PlacedField {
  readonly field: FrameField;
  readonly at: number;
}

export const NO_TEXT: EncodedText = { bytes: Buffer.alloc(0), fields: [] };

/** Spaces stand where the fields will be written. */
export function encodeText(text: FrameText): EncodedText {
  if (!Array.isArray(text)) return { bytes: toBytes(text as string | Uint8Array), fields: [] };
  const fields: PlacedField[] = [];
  const pieces: Buffer[] = [];
  let at = 0;
  for (const part of text as readonly (string | Uint8Array | FrameField)[]) {
    let piece: Buffer;
    if (typeof part === 'string' || part instanceof Uint8Array) {
      piece = toBytes(part);
    } else {
      piece = Buffer.alloc(part.width, ' ');
      fields.push({ field: part, at });
    }
    pieces.push(piece);
    at += piece.length;
  }
  return { bytes: Buffer.concat(pieces), fields };
}

const toBytes = (part: string | Uint8Array): Buffer =>
  typeof part === 'string' ? Buffer.from(part) : Buffer.from(part.buffer, part.byteOffset, part.length);
