const DOT = 0x2e;
/** What a letter of one of stormglass's own agents ends with: its load, five digits of a shard, seven of an agent. */
const SHARD_DIGITS = 5;
const OWNER_DIGITS = 7;

/** Where the load stands in the subject of a letter, and whether it is one. */
export class LetterSubject {
  loadStart = 0;
  loadEnd = 0;

  /** Whether the subject in [start, end) is that of a letter: `….Command.fleet.00003.0000017`. Flat. */
  read(buffer: Uint8Array, start: number, end: number): boolean {
    const ownerAt = end - OWNER_DIGITS;
    const shardAt = ownerAt - 1 - SHARD_DIGITS;
    if (shardAt - 1 <= start || buffer[ownerAt - 1] !== DOT || buffer[shardAt - 1] !== DOT) return false;
    if (!areDigits(buffer, ownerAt, end) || !areDigits(buffer, shardAt, ownerAt - 1)) return false;
    let at = shardAt - 1;
    while (at > start && buffer[at - 1] !== DOT) at--;
    this.loadStart = at;
    this.loadEnd = shardAt - 1;
    return at > start && at < this.loadEnd;
  }
}

function areDigits(buffer: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (buffer[at]! < 0x30 || buffer[at]! > 0x39) return false;
  return true;
}
