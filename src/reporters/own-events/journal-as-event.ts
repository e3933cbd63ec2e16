import { maskSecrets } from '../../base/secret.js';
import type { Evidence } from '../../contracts/fault.js';
import type { JournalEvent } from '../../contracts/journal.js';
import type { OwnEvent } from '../../contracts/own-event.js';

type Fields = Record<string, string | number | boolean | null>;

/** What is said of a journal's line that has no name of its own here: `alert-fired` → `AlertFired`. */
const NAMES: Readonly<Record<string, string>> = {
  node: 'NodeChanged',
  links: 'LinksChanged',
  election: 'ElectionSeen',
  advisory: 'AdvisorySeen',
  condition: 'ConditionMet',
  guard: 'GuardActed',
  probe: 'ProbeAnswered',
  undo: 'UndoCarriedOut',
  'load-notice': 'LoadNoticed',
  trouble: 'TroubleMet',
  monitor: 'MonitorReady',
  stall: 'RunStalled',
  read: 'StreamRead',
  check: 'CheckDone',
  interrupted: 'RunInterrupted',
  error: 'ErrorMet',
  verdict: 'VerdictGiven',
};

/** What a line of the journal says, as an event: its details that are values; what is nested stays in the journal. */
export function journalAsEvent(event: JournalEvent): OwnEvent {
  const { type, ...details } = event;
  const fields: Fields = {};
  for (const [name, value] of Object.entries(details)) {
    const told = asField(maskSecrets(name, value));
    if (told !== undefined) fields[name] = told;
  }
  // Said of each run's every event already.
  if (type === 'run-started') delete fields.run;
  const saw = sightingsOf(event.looks);
  return { domain: 'stormglass', type: nameOf(event), fields: { ...fields, ...(saw !== '' && { saw }) } };
}

function nameOf({ type, what, refused }: JournalEvent): string {
  if (type === 'phase') return what === 'begin' ? 'PhaseBegan' : 'PhaseEnded';
  if (type === 'guard' && refused === true) return 'FaultRefused';
  return NAMES[type] ?? type.replace(/(^|-)([a-z])/g, (_all, _dash, letter: string) => letter.toUpperCase());
}

function asField(value: unknown): string | number | boolean | null | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value.join(', ');
  return undefined;
}

function sightingsOf(looks: unknown): string {
  return ((looks ?? []) as Evidence['looks']).map(({ at, saw }) => `${at}: ${saw}`).join('; ');
}
