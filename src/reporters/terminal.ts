import { join } from 'node:path';
import { NS, nowNs } from '../base/clock.js';
import { formatStopwatch } from '../base/units.js';
import { visible } from '../base/visible-text.js';
import type { JournalEvent } from '../contracts/journal.js';
import type { Reporter } from '../contracts/reporter.js';
import { eventLine } from './event-line.js';
import { LiveBlock, type TerminalStream } from './live-block.js';
import { LiveState, phaseWords } from './live-state.js';
import { SecondRows } from './second-rows.js';
import { summaryLines } from './terminal-summary.js';
import { createPaint } from './terminal-text.js';

/** A second is shown when reports are this far beyond it. */
const MARGIN_SEC = 1;
const REDRAW_EVERY_MS = 200;
const LINE_EVERY_MS = 10_000;
/** What there is to look at afterwards, best first: one that could not be written is not pointed to. */
const REPORTS = ['report.html', 'summary.json'];

export interface TerminalReporterOptions {
  /** Where people look: stderr. */
  readonly stream: TerminalStream;
  readonly color: boolean;
  /** A block that is drawn again in place; else a line about every ten seconds and at every event. */
  readonly interactive: boolean;
  /** Between two drawings or two lines; about 200 ms and 10 s unless told. */
  readonly everyMs?: number;
}

export interface TerminalReporter extends Reporter {
  /** Writes a line that stays, without disturbing what is drawn. */
  print(line: string): void;
  /** Ends the live view; further calls do nothing. For runs that end before their result. */
  stop(): void;
}

/** What people see of a run: a live view while it goes on, about a dozen lines when it has ended. */
export function createTerminalReporter(options: TerminalReporterOptions): TerminalReporter {
  const { stream, interactive } = options;
  const paint = createPaint(options.color);
  const block = new LiveBlock(stream);
  const rows = new SecondRows((row) => state?.addRow(row), MARGIN_SEC);
  let state: LiveState | undefined;
  let timer: NodeJS.Timeout | undefined;
  let startedNs = 0;
  let runDir = '';

  const print = (line: string): void => {
    if (interactive) block.print([line]);
    else stream.write(`${line}\n`);
  };
  const show = (): void => {
    if (!state) return;
    if (interactive) block.draw(state.lines(nowNs()));
    else stream.write(`${clock()}  ${state.line(nowNs())}\n`);
  };
  // One clock for all lines, from the start of the run: the load's own time stands where the load is spoken of.
  const clock = (): string => paint('dim', formatStopwatch((nowNs() - startedNs) / NS.s).padStart(5));
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
    if (interactive) block.clear();
  };
  /** From the cluster's start to its end: before and after, other commands' lines have the terminal to themselves. */
  const followPhase = (event: JournalEvent): void => {
    const { phase, what } = event;
    if (what === 'begin' && !interactive) stream.write(`${clock()}  ${phaseWords(phase, state?.plan)}\n`);
    if (what === 'begin' && phase === 'cluster-up' && timer === undefined) {
      timer = setInterval(show, options.everyMs ?? (interactive ? REDRAW_EVERY_MS : LINE_EVERY_MS));
      timer.unref();
    }
    if (what === 'end' && phase === 'cluster-closed') stop();
  };

  return {
    name: 'terminal',
    print: (line) => print(visible(line)),
    stop,
    async onStart({ plan, ...run }) {
      runDir = run.runDir;
      startedNs = nowNs();
      state = new LiveState(plan, paint, startedNs);
    },
    onEvent(event) {
      state?.addEvent(event, nowNs());
      if (event.type === 'phase') followPhase(event);
      const line = eventLine(event, paint);
      if (line !== undefined) print(`${clock()}  ${line}`);
    },
    onLoadStart(startNs) {
      rows.start(startNs);
      state?.startLoad(startNs);
    },
    onReport: (report) => rows.add(report),
    async onEnd(result, written = []) {
      stop();
      const report = REPORTS.find((name) => written.includes(name));
      for (const line of summaryLines(result, report && join(runDir, report), paint))
        stream.write(`${line}\n`);
    },
  };
}
