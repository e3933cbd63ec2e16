import { createHash } from 'node:crypto';
import type { AuditHead } from '../contracts/run-result.js';

export const sha256 = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

export const chainStart = (runId: string): AuditHead => ({ entries: 0, hash: sha256(runId) });

/**
 * One more line of the chain. It begins with its number and the hash of the line before, and ends with a hash of
 * itself without that: so that a change is found in any line, the last one too.
 */
export function chainLine(
  head: AuditHead,
  entry: Readonly<Record<string, unknown>>,
): { readonly line: string; readonly head: AuditHead } {
  const seq = head.entries + 1;
  const body = JSON.stringify({ seq, prev: head.hash, ...entry });
  const line = `${body.slice(0, -1)},"hash":"${sha256(body)}"}`;
  return { line, head: { entries: seq, hash: sha256(line) } };
}

/** Where a chain of lines stands that is gone on with, whatever is in it: verifying is another's job. */
export function headOf(content: Uint8Array, runId: string): AuditHead {
  const lines = wholeLines(content);
  const last = lines.at(-1);
  return last === undefined ? chainStart(runId) : { entries: lines.length, hash: sha256(last) };
}

/** `lines` and the number of the first one that is wrong, with what is wrong with it. */
export type AuditVerification =
  | { readonly intact: true; readonly head: AuditHead; readonly entries: readonly AuditLine[] }
  | { readonly intact: false; readonly line: number; readonly problem: string };

/** A line as it was read, whose place in the chain is proven. */
export type AuditLine = Readonly<Record<string, unknown>> & { readonly seq: number };

const TAIL = /^(.*),"hash":"([0-9a-f]{64})"\}$/s;
const NEWLINE = 0x0a;
const CLOSED = 'closed';

/**
 * Goes through the whole chain. `head` is what another file says of its end; without it, a chain that was not closed
 * counts as cut off, for nobody can say what stood behind its last line.
 */
export function verifyChain(content: Uint8Array, head?: AuditHead): AuditVerification {
  const entries: AuditLine[] = [];
  const broken = (line: number, problem: string): AuditVerification => ({ intact: false, line, problem });
  let previous: string | undefined;
  let atHead = head === undefined;
  for (const [index, bytes] of wholeLines(content).entries()) {
    const number = index + 1;
    const text = bytes.toString('latin1');
    const [, body, hash] = TAIL.exec(text) ?? [];
    if (body === undefined || sha256(Buffer.from(`${body}}`, 'latin1')) !== hash)
      return broken(number, 'it was changed: it does not have the hash that it says');
    const entry = parseLine(bytes);
    if (entry === undefined) return broken(number, 'it is no entry of an audit trail');
    previous ??= sha256(String(entry.run));
    if (entry.seq !== number) {
      const what = entry.seq > number ? 'a line before it is missing' : 'it does not belong here';
      return broken(number, `${what}: it says that it is line ${entry.seq}`);
    }
    if (entry.prev !== previous) return broken(number, 'it does not follow from the line before it');
    previous = sha256(bytes);
    if (head?.entries === number) {
      if (head.hash !== previous) return broken(number, 'it is another line than the run’s summary says');
      atHead = true;
    }
    entries.push(entry);
  }
  if (content.length > 0 && content.at(-1) !== NEWLINE)
    return broken(entries.length + 1, 'it is torn: its end was never written, or was cut off');
  const last = entries.at(-1);
  if (!atHead)
    return broken(
      entries.length + 1,
      `it is missing: the run’s summary speaks of ${head?.entries} lines, and ${entries.length} are here`,
    );
  if (last === undefined || last.act !== CLOSED) {
    return broken(
      entries.length + 1,
      'the trail was never closed: the run goes on, has died, or lines at its end were taken away',
    );
  }
  return { intact: true, head: { entries: entries.length, hash: previous as string }, entries };
}

/** `undefined` for what is no object: whoever forges a line can give it a hash that fits. */
function parseLine(bytes: Buffer): (AuditLine & { prev: unknown; run: unknown }) | undefined {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Its lines as bytes, without their ends; a torn last one is none. */
function wholeLines(content: Uint8Array): Buffer[] {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const lines: Buffer[] = [];
  for (let from = 0; ; ) {
    const to = bytes.indexOf(NEWLINE, from);
    if (to < 0) return lines;
    lines.push(bytes.subarray(from, to));
    from = to + 1;
  }
}
