import { formatDuration, formatInteger } from '../base/units.js';
import { type History, OPERATION_KINDS, OUTCOMES } from '../contracts/history.js';
import { COMPARE_AND_SET, GET, type KvOperations, OK, writerOfRow } from './kv-operations.js';
import { sinceStart } from './story-parts.js';

/** `t = +1.5 s: kv/3 #12 put $KV.b.k1, ok as revision 7, 2ms later`. */
export function tellKvOperation(history: History, operations: KvOperations, row: number): string {
  const { kind, key, keys, outcome, revision, sequence, sentNs, doneNs, operand } = operations;
  const { load, writer } = writerOfRow(operations, row).history;
  const who = `${load}/${writer} #${formatInteger(sequence[row]!)}`;
  const expected = kind[row] === COMPARE_AND_SET ? ` expecting revision ${formatInteger(operand[row]!)}` : '';
  const what = `${OPERATION_KINDS[kind[row]!]!} ${keys[key[row]!]!}${expected}`;
  const parts = [`${sinceStart(sentNs[row]!, history)}: ${who} ${what}`];
  if (outcome[row] !== OK) parts.push(OUTCOMES[outcome[row]!]!);
  else {
    const at = revision[row] === 0 ? 'no such key' : `revision ${formatInteger(revision[row]!)}`;
    const took = formatDuration(doneNs[row]! - sentNs[row]!);
    parts.push(kind[row] === GET ? `read ${at} ${took} later` : `acknowledged as ${at} ${took} later`);
  }
  return parts.join(', ');
}
