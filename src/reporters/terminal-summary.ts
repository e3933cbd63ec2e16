import { NS } from '../base/clock.js';
import { formatDuration, formatInteger, formatRate, formatStopwatch } from '../base/units.js';
import type { Evidence } from '../contracts/fault.js';
import { RECOVERY_STEPS, type Recovery, type RunResult } from '../contracts/run-result.js';
import type { FaultSummary, LatencyFigure, LoadSummary, Summary } from '../contracts/summary.js';
import { alertRows } from './alert-rows.js';
import { buildSummary } from './build-summary.js';
import { noticeRows, resourceRows } from './resource-lines.js';
import { stageRows } from './stage-rows.js';
import { alignColumns, type Paint, plain } from './terminal-text.js';
import { traceRows } from './trace-rows.js';

const TROUBLES = ['failed', 'unknown', 'unsent', 'dropped', 'lost'] as const;
/** Beyond this many, reasons and missed thresholds are only counted: the report has them all. */
const MOST_LISTED = 6;

/**
 * What a run found out, in about a dozen lines.
 *
 * @param report the file that has all of it; none when it could not be written
 */
export function summaryLines(result: RunResult, report: string | undefined, paint: Paint): string[] {
  const summary = buildSummary(result);
  const rows = [
    ...crowdRows(summary),
    ...stageRows(summary),
    ...batchRows(summary),
    ...faultRows(summary, paint),
    ...alertRows(summary, paint),
    ...probeRows(summary, paint),
    ...safetyRows(summary, paint),
    ...checkRows(summary, paint),
    ...gaveUpRows(summary, paint),
    ...thresholdRows(summary, paint),
    ...monitorRows(summary, paint),
    ...traceRows(summary, paint),
    ...noticeRows(summary, paint),
    ...resourceRows(summary, paint),
    ...(report === undefined ? [] : [['report', report]]),
  ].map(([head = '', text = '']) => ['', paint('dim', head), text]);
  return [
    '',
    ...verdictLines(summary, paint),
    '',
    ...(summary.loads.length === 0 ? [] : [...loadLines(summary.loads, receiversIn(result), paint), '']),
    ...alignColumns(rows, 'lll'),
    '',
  ];
}

function verdictLines({ verdict, name, seed, loadNs }: Summary, paint: Paint): string[] {
  const { exit, exitCode, headline, reasons, leftBehind } = verdict;
  const tone =
    exit === 'ok' ? 'green' : ['inconclusive', 'interrupted', 'terminated'].includes(exit) ? 'yellow' : 'red';
  const about = [
    `exit code ${exitCode}`,
    plain(name),
    loadNs === null ? 'no load' : `${formatDuration(loadNs)} of load`,
    `seed ${seed}`,
  ];
  const others = reasons.filter(({ text }, index) => index > 0 || !headline.includes(text));
  const hint = reasons[0]?.hint;
  return [
    paint('bold', paint(tone, plain(headline))),
    paint('dim', about.join(', ')),
    ...(hint === undefined ? [] : [`  ${plain(hint)}`]),
    ...listed(others.map((reason) => `  also ${reason.exit}: ${plain(reason.text)}`)),
    ...leftBehind.map(({ what, manual }) => `  left behind: ${plain(what)}; by hand: ${plain(manual)}`),
  ];
}

/** A table of the loads; the kinds of trouble that nobody had take no room. */
function loadLines(loads: readonly LoadSummary[], receivers: ReadonlySet<string>, paint: Paint): string[] {
  const troubles = TROUBLES.filter((counter) => loads.some(({ total }) => total.counters[counter] > 0));
  const head = ['', 'load', 'done', 'due', 'latency', 'p50', 'p99', 'p99.9', 'max', 'ok', ...troubles];
  const rows = loads.map(({ name, total }) => {
    const latency = total.latency.ack_latency ?? total.latency.lag;
    const { due, sent, ok, received } = total.counters;
    const onlyListens = due === 0 && sent === 0;
    return [
      '',
      plain(name),
      rate(onlyListens ? total.rates.receivedPerSec : total.rates.okPerSec),
      rate(due === 0 ? null : total.rates.duePerSec),
      total.latency.ack_latency ? 'to the ack' : receivers.has(name) ? 'to the receiver' : 'to the monitor',
      ...(['p50', 'p99', 'p99.9'] as const).map((percentile) => figure(latency?.percentiles[percentile])),
      figure(latency?.max),
      formatInteger(onlyListens ? received : ok),
      ...troubles.map((counter) => {
        const count = total.counters[counter];
        return count > 0 ? paint('red', formatInteger(count)) : '0';
      }),
    ];
  });
  return alignColumns([head.map((cell) => paint('dim', cell)), ...rows], `ll${'r'.repeat(head.length - 2)}`);
}

/** Loads that receive what others send: what follows them and has no clients, such as agents, of its own. */
function receiversIn({ plan, loads }: RunResult): ReadonlySet<string> {
  const following = plan.loads.filter(({ schedule }) => schedule.mode === 'follow');
  const crowds = loads.filter(({ crowd }) => crowd !== undefined).map(({ name }) => name);
  return new Set(following.map(({ name }) => name).filter((name) => !crowds.includes(name)));
}

/** Loads whose operations are events, several in a message. */
function batchRows({ loads }: Summary): string[][] {
  const batched = loads.filter(({ total }) => total.counters.messages > 0);
  return batched.map(({ name, total: { counters, rates } }, index) => {
    const each = (counters.ok / counters.messages).toFixed(1).replace(/\.0$/, '');
    const words = `${plain(name)}: ${rate(rates.okPerSec)} events in ${rate(rates.messagesPerSec)} messages, ${each} in each`;
    return [index === 0 ? 'batches' : '', words];
  });
}

const STAGES = ['before', 'during', 'after'] as const;

function faultRows({ faults }: Summary, paint: Paint): string[][] {
  return faults.flatMap((fault, index) => {
    const held = fault.injectedAtNs === null ? '' : ` from ${formatStopwatch(fault.injectedAtNs / NS.s)}`;
    const status = fault.status === 'reverted' ? statusWords(fault) : paint('red', statusWords(fault));
    const byHand = fault.byHand === undefined ? '' : ` by hand of ${plain(fault.byHand)}`;
    const words = `${fault.kind} ${fault.targets.join(', ') || fault.target}${byHand}${held}, ${status}; ${recoveryWords(fault)}`;
    const steps = stepWords(fault.recovery);
    return [
      [index === 0 ? 'faults' : '', words],
      ...(steps === '' ? [] : [['', paint('dim', steps)]]),
      ...STAGES.flatMap((stage) => {
        const seen = looks(fault[stage]);
        return seen.length > 0 ? [['', paint('dim', `seen ${stage}: ${seen.join('; ')}`)]] : [];
      }),
    ];
  });
}

const statusWords = ({ status, detail }: FaultSummary): string =>
  detail === undefined ? status : `${status} (${plain(detail)})`;

function recoveryWords({ injectedAtNs, recovery }: FaultSummary): string {
  if (injectedAtNs === null) return 'nothing to recover from';
  if (recovery.ns === undefined) return 'not recovered before the load ended';
  return recovery.ns === 0 ? 'nobody felt it' : `recovered in ${formatDuration(recovery.ns)}`;
}

/** How it went, each step as time after the injection. */
const stepWords = ({ steps }: Recovery): string =>
  RECOVERY_STEPS.flatMap(([step, words]) => {
    const ns = steps?.[step];
    return ns === undefined ? [] : [`${words} ${formatDuration(ns)}`];
  }).join(', ');

function probeRows({ probes }: Summary, paint: Paint): string[][] {
  return probes.map(({ name, steady, faults, missed }, index) => {
    const word = missed === undefined ? paint('green', 'held') : paint('red', 'did not hold');
    const looks = `${steady.held} of ${steady.looks} looks${faults.looks > 0 ? `, ${faults.held} of ${faults.looks} under faults` : ''}`;
    const why = missed === undefined ? '' : `: ${plain(missed)}`;
    return [index === 0 ? 'probes' : '', `${word}  ${plain(name)}: ${looks}${why}`];
  });
}

const looks = (evidence: Evidence | undefined): string[] =>
  (evidence?.looks ?? []).map(({ saw }) => plain(saw));

/** Agents are not sockets. */
function crowdRows({ loads }: Summary): string[][] {
  return loads
    .flatMap(({ name, crowd }) => (crowd ? [{ name, crowd }] : []))
    .map(({ name, crowd: { agents, sockets, bytesPerAgent, processes } }, index) => {
      const apart = processes === 0 ? '' : `, ${processes} generator processes`;
      const words = `${formatInteger(agents)} agents over ${formatInteger(sockets)} sockets, ${bytesPerAgent} B an agent${apart}`;
      return [index === 0 ? 'agents' : '', `${plain(name)}: ${words}`];
    });
}

const CHECK_TONES = { pass: 'green', fail: 'red', unknown: 'yellow' } as const;

function safetyRows({ safety }: Summary, paint: Paint): string[][] {
  return safety === null ? [] : [['safety', paint(CHECK_TONES[safety.verdict], plain(safety.sentence))]];
}

/** One that did not pass has a line of its own; of a single one that did, the sentence on safety has said it all. */
function checkRows({ checks }: Summary, paint: Paint): string[][] {
  const lines = checks
    .filter(({ verdict }) => verdict !== 'pass')
    .map(({ name, verdict, sentence }) => {
      return `${paint(CHECK_TONES[verdict], verdict)}  ${plain(name)}: ${plain(sentence)}`;
    });
  const passed = checks.filter(({ verdict }) => verdict === 'pass').map(({ name }) => plain(name));
  if (passed.length > 0 && checks.length > 1)
    lines.push(`${paint(CHECK_TONES.pass, 'pass')}  ${passed.join(', ')}`);
  return lines.map((line, index) => [index === 0 ? 'checks' : '', line]);
}

/** What the checks could not read; all that they did read is in the report. */
function gaveUpRows({ reads }: Summary, paint: Paint): string[][] {
  const cut = reads.filter(({ complete }) => !complete);
  const lines = cut.map(({ stream, node, gaveUp = 'no reason known' }) => {
    const what = node === undefined ? plain(stream) : `${plain(stream)} on ${plain(node)}`;
    return `${paint('yellow', 'not read to its end')}  ${what}: ${plain(gaveUp)}`;
  });
  return listed(lines).map((line) => ['', line]);
}

/** What the monitor could not see is said, so that nobody takes it for lost. */
function monitorRows({ notices }: Summary, paint: Paint): string[][] {
  const cuts = notices.filter(({ load, kind }) => load === 'monitor' && kind === 'disconnected');
  const times = cuts.reduce((sum, { count }) => sum + count, 0);
  if (times === 0) return [];
  const why = cuts.map(({ text }) => plain(text)).join('; ');
  const often = times === 1 ? 'once' : `${times} times`;
  return [
    ['monitor', `${paint('yellow', `cut off ${often}`)} (${why}): what it lost may only not have been seen`],
  ];
}

function thresholdRows({ thresholds }: Summary, paint: Paint): string[][] {
  if (thresholds.length === 0) return [];
  const missed = thresholds.filter(({ verdict }) => verdict !== 'pass');
  const missedLines = missed.map(({ text, verdict, measured }) => {
    const word = verdict === 'fail' ? paint('red', 'missed') : paint('yellow', 'no data');
    return `${word}  ${plain(text)}: ${plain(measured)}`;
  });
  return [
    ['thresholds', `${thresholds.length - missed.length} of ${thresholds.length} held`],
    ...listed(missedLines).map((line) => ['', line]),
  ];
}

function listed(lines: readonly string[]): string[] {
  const more = lines.length - MOST_LISTED;
  return more <= 1 ? [...lines] : [...lines.slice(0, MOST_LISTED), `  and ${more} more`];
}

const rate = (perSec: number | null): string => (perSec === null ? '–' : formatRate(perSec));

const figure = (of: LatencyFigure | null | undefined): string =>
  of ? `${of.atLeast ? '≥ ' : ''}${formatDuration(of.ns)}` : '–';
