import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { causeChain } from './errors.js';

/**
 * The default export of a module of the user's, TypeScript or JavaScript, on any Node. Its `import … from 'stormglass'`
 * is the module at `stormglass`, wherever its file lies. Reads the file anew each time.
 * @throws Error that says what is wrong with it, with the line: `does not load: … (fault.ts:3)`
 */
export async function importUserModule(file: string, stormglass: URL): Promise<unknown> {
  // Loaded when it is needed: it brings a parser of TypeScript along.
  const { createJiti } = await import('jiti');
  const jiti = createJiti(import.meta.url, {
    fsCache: false,
    moduleCache: false,
    interopDefault: false,
    alias: { stormglass: fileURLToPath(stormglass) },
  });
  if (!existsSync(file)) throw new Error('is not there');
  try {
    const module = await jiti.import<{ readonly default?: unknown }>(file);
    return module.default;
  } catch (error) {
    const text = firstLines(causeChain(error).join(': '));
    throw new Error(`does not load: ${text}${placeOf(error, file, text)}`, { cause: error });
  }
}

/** ` (thermostat.ts:3)`, unless the text says it. */
function placeOf(error: unknown, file: string, text: string): string {
  const name = basename(file);
  if (!(error instanceof Error) || text.includes(`${name}:`)) return '';
  const frame = (error.stack ?? '').split('\n').find((line) => line.includes(`${name}:`));
  const line = frame && /^\d+/.exec(frame.slice(frame.indexOf(`${name}:`) + name.length + 1))?.[0];
  return line === undefined ? '' : ` (${name}:${line})`;
}

/** A parser's message can go on with an excerpt of the source. */
const firstLines = (text: string): string =>
  text
    .split('\n')
    .slice(0, 3)
    .map((line) => line.trim())
    .join(' ');
