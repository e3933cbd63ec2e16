import type { RecordFilePlan } from '../contracts/plan/record-file.js';
import type { RecordFields, RecordScan } from '../contracts/records.js';

/**
 * The files that a scenario names, as it is handed them: reading a scenario itself touches no disk. What is wrong with
 * a file is an error whose message says so, with the line where there is one.
 */
export interface DataFiles {
  /** A path as the scenario writes it, as one that is good everywhere. */
  locate(path: string): string;
  /** The text of a small file. */
  readText(path: string): string;
  /** Reads a file of records from its beginning to its end. */
  scan(file: RecordSource, fields: RecordFields): RecordScan;
}

export type RecordSource = Pick<RecordFilePlan, 'path' | 'format' | 'column'>;
