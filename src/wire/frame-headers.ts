import { type EncodedText, encodeText, type FrameField, type FrameText, NO_TEXT } from './frame-text.js';

/** Names and values, in the order in which they stand in the message. */
export type FrameHeaders = Readonly<Record<string, FrameText>>;

/**
 * The header block of a message; of no bytes when there are no headers. Throws a RangeError for a name or a value that
 * would end its line.
 */
export function encodeHeaders(...headers: readonly (FrameHeaders | undefined)[]): EncodedText {
  const parts: (string | Uint8Array | FrameField)[] = [];
  for (const [name, value] of headers.flatMap((each) => Object.entries(each ?? {}))) {
    parts.push(`${name}: `);
    if (Array.isArray(value)) parts.push(...value);
    else parts.push(value as string | Uint8Array);
    parts.push('\r\n');
    const text = encodeText(value).bytes.toString();
    if (/[\s:]/.test(name) || name === '' || /[\r\n]/.test(text)) {
      throw new RangeError(`"${name}: ${text}" cannot stand in a message's header`);
    }
  }
  return parts.length === 0 ? NO_TEXT : encodeText(['NATS/1.0\r\n', ...parts, '\r\n']);
}
