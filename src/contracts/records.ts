/** What is asked of the records of a file when it is read from end to end. */
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
