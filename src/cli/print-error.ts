import { RunInterrupted } from '../app/index.js';
import { causeChain, EXIT, type ExitCode, StormglassError } from '../base/errors.js';
import { visibleLines } from '../base/visible-text.js';

/**
 * Prints an error the way its reader needs it, and returns the exit code it stands for. What came from a file, a server or a
 * program cannot move the cursor.
 */
export function printError(error: unknown, print: (text: string) => void): ExitCode {
  const write = (text: string): void => print(visibleLines(text));
  if (error instanceof StormglassError) {
    const { place } = error;
    const where = place
      ? `${[place.file, place.line, place.column].filter((part) => part !== undefined).join(':')}: `
      : '';
    write(`stormglass: ${where}${error.message}\n`);
    if (error.hint !== undefined) write(`  → ${error.hint}\n`);
    return EXIT[error.exit];
  }
  if (error instanceof RunInterrupted) {
    write(`stormglass: ${error.message}\n`);
    return EXIT[error.exit];
  }
  const [first, ...causes] = causeChain(error);
  write(`stormglass: unexpected error (this is a bug): ${first}\n`);
  for (const cause of causes) write(`  caused by: ${cause}\n`);
  if (error instanceof Error && error.stack) write(`${error.stack.split('\n').slice(1).join('\n')}\n`);
  return EXIT.unexpected;
}
