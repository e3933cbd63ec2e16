import { StormglassError } from '../../base/errors.js';
import type { RecordFilePlan } from '../../contracts/plan/record-file.js';
import { RecordError } from './record-error.js';

/** Whatever is wrong with a file that was read from end to end when it was planned has become so since. */
export function changedSincePlanned<T>(file: RecordFilePlan, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const at = error instanceof RecordError ? error.message : String(error);
    throw new StormglassError('inconclusive', `${file.path} has changed since the scenario was read: ${at}`, {
      cause: error,
      hint: 'leave the file alone while the run goes on',
    });
  }
}
