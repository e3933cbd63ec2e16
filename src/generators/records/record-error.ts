/** A file whose records cannot be used, and the line on which that shows; 0 for the file as a whole. */
export class RecordError extends Error {
  override readonly name = 'RecordError';
  constructor(
    readonly line: number,
    readonly problem: string,
  ) {
    super(line > 0 ? `line ${line}: ${problem}` : problem);
  }
}
