import { formatDuration } from '../base/units.js';
import type { Evidence } from '../contracts/fault.js';
import type { HandResult, RunStatus } from '../contracts/hand.js';
import type { JournalEvent } from '../contracts/journal.js';

/** What happens to a fault, as its maker reads it; nothing for what is of no interest to them. */
export function eventLines(event: JournalEvent): string[] {
  const { fault, type } = event;
  const targets = Array.isArray(event.targets) ? event.targets.join(', ') : '';
  switch (type) {
    case 'fault-recorded':
      return [`${fault}: recorded, on ${targets}`, ...lookLines('before', event.before as Evidence)];
    case 'fault-injected':
      return [`${fault}: injected`];
    case 'fault-observed':
      return lookLines('during', event as unknown as Evidence);
    case 'fault-reverted':
      return [`${fault}: reverted`, ...lookLines('after', event as unknown as Evidence)];
    case 'guard':
      // A refusal is the fault's end, and told as such.
      return event.refused ? [] : [`${fault}: ${event.text}`];
    default:
      return [];
  }
}

const lookLines = (when: string, { looks = [], holds }: Evidence): string[] =>
  looks.map(({ at, saw }) => `  ${when}${holds ? '' : ' (not as it should be)'}: ${at}: ${saw}`);

export function resultLine({ id, status, detail }: HandResult): string {
  return `${id}: ${status}${detail === undefined ? '' : `: ${detail}`}`;
}

export function statusLines({ runId, scenario, phase, loadNs, faults, runDir, pid }: RunStatus): string[] {
  const since = loadNs === undefined ? '' : `, ${seconds(loadNs)} since the load began`;
  return [
    `run ${runId} (${scenario}): ${phase}${since}; process ${pid}, ${runDir}`,
    ...faults.map((fault) => {
      const held = fault.forNs > 0 ? ` of ${seconds(fault.forNs)}` : '';
      return `  ${fault.id} ${fault.kind} on ${fault.targets.join(', ')}: ${fault.stage}, ${seconds(fault.sinceNs)}${held}`;
    }),
  ];
}

const seconds = (ns: number): string => formatDuration(Math.round(ns / 1e8) * 1e8);
