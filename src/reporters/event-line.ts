import type { Evidence } from '../contracts/fault.js';
import type { JournalEvent } from '../contracts/journal.js';
import { faultWords } from './live-state.js';
import { type Paint, plain } from './terminal-text.js';

/** What an event says to somebody who watches the run; `undefined` when it is for the journal alone. */
export function eventLine(event: JournalEvent, paint: Paint): string | undefined {
  switch (event.type) {
    case 'fault-injected':
      return paint('yellow', `${faultWords(event)}: injected`);
    case 'fault-observed':
      return `${plain(String(event.fault))}: ${sightings(event)}`;
    case 'fault-reverted':
      return event.holds === false
        ? paint('red', `${faultWords(event)}: not reverted, ${sightings(event)}`)
        : `${faultWords(event)}: reverted, ${sightings(event)}`;
    case 'fault-failed':
      return paint('red', `${faultWords(event)}: ${textOf(event)}`);
    case 'node':
      return event.what === 'crashed'
        ? paint('red', plain(`node ${event.node} crashed: ${textOf(event)}`))
        : undefined;
    case 'guard':
      return paint('yellow', plain(`${event.fault === undefined ? 'guard' : event.fault}: ${textOf(event)}`));
    case 'alert':
      return alertLine(event, paint);
    case 'links':
      return paint('yellow', textOf(event));
    case 'interrupted':
      return paint('yellow', textOf(event));
    case 'trouble':
    case 'stall':
    case 'error':
      return paint('red', `${event.type}: ${textOf(event)}`);
    default:
      return undefined;
  }
}

/** What fires, and what no longer does; who is told of it is for the journal. */
function alertLine(event: JournalEvent, paint: Paint): string | undefined {
  const named = plain(`alert ${event.alert} (${event.severity ?? 'no severity'})`);
  switch (event.what) {
    case 'watching':
      return `alerts: times of the rules divided by ${event.factor}; Prometheus at ${event.prometheusUrl}`;
    case 'fired':
      return paint('yellow', `${named}: fires`);
    case 'resolved':
      return `${named}: resolved`;
    case 'blind':
      return paint('red', `alerts: ${textOf(event)}`);
    default:
      return undefined;
  }
}

function sightings(event: JournalEvent): string {
  const looks = event.looks as Evidence['looks'] | undefined;
  const words = (looks ?? []).map(({ at, saw }) => `${at}: ${saw}`).join('; ');
  const unseen = event.holds === false && event.type === 'fault-observed' ? 'no effect seen, ' : '';
  return plain(unseen + (words || 'nothing was looked at'));
}

/** The first of the event's details that is meant to be read. */
function textOf(event: JournalEvent): string {
  for (const key of ['text', 'detail', 'error', 'reason', 'chain', 'exit', 'what']) {
    const value = event[key];
    if (typeof value === 'string') return plain(value);
    if (Array.isArray(value)) return plain(value.map(String).join(': '));
  }
  return '';
}
