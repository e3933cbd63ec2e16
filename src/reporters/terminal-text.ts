import { stripVTControlCharacters } from 'node:util';

const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const;
export type Tone = keyof typeof CODES;

/** Puts text in a tone, or leaves it as it is where colour is not wanted. */
export type Paint = (tone: Tone, text: string) => string;

export function createPaint(color: boolean): Paint {
  return (tone, text) =>
    color && text !== '' ? `\x1b[${CODES[tone][0]}m${text}\x1b[${CODES[tone][1]}m` : text;
}

/** Columns that a text takes up. */
export const widthOf = (text: string): number => stripVTControlCharacters(text).length;

/** What came from elsewhere, with nothing in it that could move the cursor or end the line. */
export const plain = (text: string): string =>
  stripVTControlCharacters(text)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
    .replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ')
    .trim();

/** Lays rows out in columns, two spaces apart; `r` sets a column right. */
export function alignColumns(rows: readonly (readonly string[])[], sides: string): string[] {
  const widths = [...sides].map((_, column) => Math.max(0, ...rows.map((row) => widthOf(row[column] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const space = ' '.repeat((widths[column] ?? 0) - widthOf(cell));
        return sides[column] === 'r' ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** A change of tone, or one character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: changes of tone begin with one
const PIECE = /\x1b\[[0-9;]*m|[\s\S]/gu;

/** The text cut to a width, with `…` where something is missing; what is painted stays painted. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let out = '';
  let used = 0;
  let missing = false;
  for (const [piece] of text.matchAll(PIECE)) {
    if (piece.startsWith('\x1b')) {
      out += piece;
    } else if (used < width - 1) {
      out += piece;
      used++;
    } else if (!missing) {
      out += '…';
      missing = true;
    }
  }
  return out;
}
