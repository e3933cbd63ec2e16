const NAME = Buffer.from('\nNats-Sequence: ');

/** The stream sequence that the header in [start, end) of an answer names; 0 when it names none. */
export function readRevision(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at + NAME.length < end; at++) {
    let same = 0;
    while (same < NAME.length && bytes[at + same] === NAME[same]) same++;
    if (same < NAME.length) continue;
    let revision = 0;
    for (let digit = at + NAME.length; bytes[digit]! >= 48 && bytes[digit]! <= 57; digit++) {
      revision = revision * 10 + (bytes[digit]! - 48);
    }
    return revision;
  }
  return 0;
}
