import type { RecordFilePlan } from '../contracts/plan.js';

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

export interface RecordFields {
  /** The field that names each record's type; it is one of `types`. */
  readonly type?: string;
  readonly types: readonly string[];
  /** The field that says when it happened; it never goes back. */
  readonly time?: string;
}

/** What a file of records holds. */
export interface RecordScan {
  readonly records: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly meanBytes: number;
  /** From the first record's time to the last one's; 0 without times. */
  readonly spanNs: number;
}
