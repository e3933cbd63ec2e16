import { Breath } from './breath.js';

/** So much is parsed at once, in well under a millisecond. */
const AT_ONCE_CHARS = 64 * 1024;
/** What is nested deeper is parsed at once, or every level would be walked over again. */
const MOST_DEPTH = 16;
/** Between two looks at the clock; one less than a power of two. */
const LOOK_MASK = 4095;

/** As JSON.parse, with others having their turn in the middle of a long text. Rejects with a SyntaxError. */
export async function parseJsonInSlices(text: string): Promise<unknown> {
  return parsePart(text, new Breath(), 0);
}

async function parsePart(text: string, breath: Breath, depth: number): Promise<unknown> {
  if (breath.isDue) await breath.take();
  if (text.length <= AT_ONCE_CHARS || depth === MOST_DEPTH) return JSON.parse(text);
  const inner = text.trim();
  const isArray = inner.startsWith('[') && inner.endsWith(']');
  if (!isArray && !(inner.startsWith('{') && inner.endsWith('}'))) return JSON.parse(text);
  const values: unknown[] = [];
  const keys: string[] = [];
  for await (const { start, colon, end } of partsOf(inner, breath)) {
    if (isArray) {
      values.push(await parsePart(inner.slice(start, end), breath, depth + 1));
      continue;
    }
    if (colon < 0) throw new SyntaxError('an object has a part without a name');
    const key: unknown = JSON.parse(inner.slice(start, colon));
    if (typeof key !== 'string') throw new SyntaxError('a name in an object is no string');
    keys.push(key);
    values.push(await parsePart(inner.slice(colon + 1, end), breath, depth + 1));
  }
  return isArray ? values : Object.fromEntries(keys.map((key, i) => [key, values[i]]));
}

/** What stands between the commas of a container, and where the first colon in it is: −1 for none. */
async function* partsOf(
  text: string,
  breath: Breath,
): AsyncIterable<{ readonly start: number; readonly colon: number; readonly end: number }> {
  const last = text.length - 1;
  let start = 1;
  let colon = -1;
  let depth = 0;
  let inString = false;
  for (let at = 1; at < last; at++) {
    if ((at & LOOK_MASK) === 0 && breath.isDue) await breath.take();
    const char = text.charCodeAt(at);
    if (inString) {
      if (char === 0x5c) at++;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x5b || char === 0x7b) depth++;
    else if (char === 0x5d || char === 0x7d) depth--;
    else if (depth === 0 && char === 0x3a && colon < 0) colon = at;
    else if (depth === 0 && char === 0x2c) {
      yield { start, colon, end: at };
      start = at + 1;
      colon = -1;
    }
  }
  // Of an empty container nothing is left; behind a comma there must be something.
  if (start > 1 || text.slice(1, last).trim() !== '') yield { start, colon, end: last };
}
