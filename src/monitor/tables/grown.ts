/** A copy of a column with room for more rows, which hold zero. */
export function grown<
  T extends Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array,
>(column: T, rows: number): T {
  const larger = new (column.constructor as new (rows: number) => T)(rows);
  larger.set(column);
  return larger;
}
