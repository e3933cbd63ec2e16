// What a bench has measured, written into a document between two marks.
import { readFileSync, writeFileSync } from 'node:fs';

/** Replaces what stands between `<!-- begin MARK -->` and `<!-- end MARK -->`; says so when they are not there. */
export function writeBetweenMarks(file, mark, text) {
  const [begin, end] = [`<!-- begin ${mark} -->`, `<!-- end ${mark} -->`];
  const document = readFileSync(file, 'utf8');
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no \`${begin}\` with its end`);
  writeFileSync(file, `${document.slice(0, from + begin.length)}\n\n${text}\n\n${document.slice(to)}`);
}
