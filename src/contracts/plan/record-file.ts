export const RECORD_FORMATS = ['lines', 'ndjson', 'csv'] as const;
export type RecordFormat = (typeof RECORD_FORMATS)[number];

/** A file whose records are the payloads of events, one after the other, and what it held when it was planned. */
export interface RecordFilePlan {
  readonly path: string;
  readonly format: RecordFormat;
  /** Of a CSV file: the column that is the payload; without it a record becomes a JSON object. */
  readonly column?: string;
  /** The field that names the event's type; without it types are drawn by their weights. */
  readonly type?: string;
  /** The field that says when a record happened, for a replay. */
  readonly time?: string;
  /** Begins anew when it ends. */
  readonly repeat: boolean;
  readonly records: number;
  readonly meanBytes: number;
  /** From the time of the first record to that of the last; 0 without `time`. */
  readonly spanNs: number;
}
