import { wallNow } from '../../base/clock.js';
import type { JournalEvent } from '../../contracts/journal.js';
import type { OwnEvent, OwnEventSink } from '../../contracts/own-event.js';
import type { Reporter } from '../../contracts/reporter.js';
import { SecondRows } from '../second-rows.js';
import { FaultBook } from './fault-book.js';
import { journalAsEvent } from './journal-as-event.js';
import { LoadFigures } from './load-figures.js';

/** A second is told when reports are this far beyond it; those that come later still are in the next. */
const MARGIN_SEC = 1;
/** How often a run says again where it stands: whoever missed an event knows it then. */
const SAY_AGAIN_MS = 5_000;

export interface RunEventsOptions {
  readonly sink: OwnEventSink;
  /** Waits until what was said last has gone out, or cannot. */
  readonly sent: () => Promise<void>;
}

/** What a run does, as events: each line of its journal, each second of its loads, and every five seconds where it stands. */
export function createRunEventsReporter({ sink, sent }: RunEventsOptions): Reporter {
  const faults = new FaultBook();
  const figures = new LoadFigures();
  let run = '';
  let phase = '';
  let isSilent = false;
  let again: NodeJS.Timeout | undefined;

  const say = ({ domain, type, fields }: OwnEvent) => {
    if (!isSilent) sink.publish({ domain, type, fields: { time: wallNow().toISOString(), run, ...fields } });
  };
  const rows = new SecondRows((row) => figures.events(row).forEach(say), MARGIN_SEC);
  const sayWhereItStands = () => {
    say({ domain: 'stormglass', type: 'RunProgressed', fields: { phase, faults_holding: faults.holding } });
    faults.events().forEach(say);
  };

  const onPhase = (event: JournalEvent) => {
    if (event.what === 'end') {
      if (event.phase === 'drain') rows.flush();
      return;
    }
    phase = String(event.phase);
    if (phase === 'cluster-up') again = setInterval(sayWhereItStands, SAY_AGAIN_MS).unref();
    // Nobody hears it any more.
    if (phase === 'cluster-closed') clearInterval(again);
  };

  return {
    name: 'events',
    async onStart({ runId, plan }) {
      run = runId;
      isSilent = plan.monitor.ownEvents === false;
    },
    onLoadStart: (startNs) => rows.start(startNs),
    onReport: (report) => rows.add(report),
    onEvent(event: JournalEvent) {
      if (event.type === 'phase') onPhase(event);
      const hasEnded = faults.add(event);
      say(journalAsEvent(event));
      // How many have is told with it, and not five seconds later.
      if (hasEnded) faults.events().forEach(say);
    },
    async onEnd({ verdict: { exit, exitCode, headline } }) {
      clearInterval(again);
      say({ domain: 'stormglass', type: 'RunEnded', fields: { exit, code: exitCode, headline } });
      await sent();
    },
  };
}
