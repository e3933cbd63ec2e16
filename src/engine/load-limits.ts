import { formatDuration, formatInteger, formatRatio } from '../base/units.js';
import type { LoadPlan } from '../contracts/plan/loads.js';
import type { LoadLimit } from '../contracts/resources.js';
import type { LoadResult } from '../contracts/run-result.js';
import { FULL_MACHINE, findBottleneck, useOfCores } from './bottleneck.js';
import type { FellBehind, ResourceBook } from './resource-book.js';
import { FULL_CORE, FULL_LOOP } from './saturation.js';
import type { Finding } from './verdict.js';
import { type LedgerRow, ownFault } from './worker-ledger.js';

/** Past this share of operations that were late by our own doing, the generator, not the system, shaped the result. */
export const LATE_BOUND = 0.01;
/** Where a kind has no `max-lateness`: its default. */
const MAX_LATENESS_NS = 1e9;
/** A thread that holds back bytes for so long waits for the system. */
const MUCH_HELD = 0.05;
/** A load that the system held up with more than this share of its operations was limited by it. */
const HELD_BOUND = 0.01;
/** An event in so many that the monitor saw while its thread was saturated is worth a word. */
const MONITOR_BOUND = 0.01;

export interface Limits {
  readonly limits: readonly LoadLimit[];
  /** Loads that the generator, and not the system, kept from their schedule. */
  readonly lateLoads: readonly string[];
  readonly findings: readonly Finding[];
}

/** What limited each load, and the monitor; and what of it makes a run inconclusive. */
export function findLimits(
  plans: readonly LoadPlan[],
  results: readonly LoadResult[],
  book: ResourceBook,
): Limits {
  const limits: LoadLimit[] = [];
  const findings: Finding[] = [];
  const lateLoads: string[] = [];
  for (const plan of plans) {
    const result = results.find(({ name }) => name === plan.name);
    if (!result) continue;
    const { limit, finding } = limitOf(plan, result, book);
    limits.push(limit);
    if (!finding) continue;
    findings.push(finding);
    lateLoads.push(plan.name);
  }
  const blind = results.filter(
    ({ name }) => book.receivedWhileSaturated(name) > MONITOR_BOUND && !book.receivesItself(name),
  );
  if (blind.length > 0) limits.push(monitorLimit(blind, book));
  return { limits, lateLoads, findings };
}

interface Limit {
  readonly limit: LoadLimit;
  readonly finding?: Finding;
}

function limitOf(plan: LoadPlan, result: LoadResult, book: ResourceBook): Limit {
  const { name: load, schedule } = plan;
  if (schedule.mode === 'max' || schedule.mode === 'closed') return { limit: unpacedLimit(load, book) };
  // Agents keep a time of their own; of the others that follow, nothing is due by itself.
  if (schedule.mode === 'follow' && result.total.histograms.schedule_delay === undefined) {
    return { limit: followerLimit(load, book) };
  }
  const behind = book.fellBehind(load);
  const { due } = behind.total;
  if (due > 0 && ownFault(behind.total) / due > LATE_BOUND) {
    const { cause, hint } = findBottleneck(behind, load, { workers: plan.workers, cores: book.cores });
    const who = plan.workers === 1 ? '' : `, worker ${behind.worst}`;
    const text = `load ${load}${who}: the generator was the bottleneck, ${lateWords(behind.total, lateBoundNs(plan))}: ${cause}`;
    return { limit: { load, by: 'generator', text }, finding: { exit: 'inconclusive', text, hint } };
  }
  const { blocked, unsent } = result.total.counters;
  if ((blocked + unsent) / Math.max(1, result.total.counters.due) > HELD_BOUND) {
    const text =
      `the system held up ${formatRatio((blocked + unsent) / result.total.counters.due)} of its operations ` +
      `(window, socket or reconnection) while its threads had time to spare: ${threadWords(load, book)}${fullMachineWords(book)}`;
    return { limit: { load, by: 'system', text } };
  }
  return { limit: { load, by: 'schedule', text: `it kept its schedule: ${threadWords(load, book)}` } };
}

function lateWords(total: LedgerRow, boundNs: number): string {
  const { due, dropped, late, short } = total;
  const parts = [
    dropped > 0 && `${formatInteger(dropped)} dropped`,
    late > 0 && `${formatInteger(late)} sent more than ${formatDuration(boundNs)} late`,
    short > 0 && `${formatInteger(short)} not sent in their time while its thread was saturated`,
  ].filter(Boolean);
  return `too slow for ${formatRatio(Math.min(1, ownFault(total) / due))} of the operations (of ${formatInteger(due)}, ${parts.join(', ')})`;
}

/** From this schedule delay on an operation counts as late by our own doing: half of what makes it dropped. */
export function lateBoundNs({ params }: LoadPlan): number {
  const maxLatenessNs = params['max-lateness'];
  return (typeof maxLatenessNs === 'number' ? maxLatenessNs : MAX_LATENESS_NS) / 2;
}

/** Without a schedule nobody falls behind: what limits is whoever never rests. */
function unpacedLimit(load: string, book: ResourceBook): LoadLimit {
  const threads = threadsOf(load, book);
  const held = mean(threads.map(({ figures }) => figures.socketHeldShare?.mean ?? 0));
  const full = threads.filter(
    ({ figures }) =>
      (figures.cpuShare?.mean ?? 0) >= FULL_CORE || (figures.loopShare?.mean ?? 0) >= FULL_LOOP,
  );
  if (threads.length > 0 && full.length === threads.length && held < MUCH_HELD) {
    const text = `its threads never rested: what it reached is the generator's limit, not the system's; ${threadWords(load, book)}`;
    return { load, by: 'generator', text };
  }
  const text = `it waited for the system (its sockets held bytes back for ${formatRatio(held)} of the time); ${threadWords(load, book)}`;
  return { load, by: 'system', text };
}

/** What only reacts is behind when what comes to it waits. */
function followerLimit(load: string, book: ResourceBook): LoadLimit {
  const share = book.receivedWhileSaturated(load);
  if (share > MONITOR_BOUND && book.receivesItself(load)) {
    const text =
      `its thread was saturated while it received ${formatRatio(share)} of the events: their lag and their rate are partly its ` +
      `own; ${threadWords(load, book)}${fullMachineWords(book)}`;
    return { load, by: 'generator', text };
  }
  return {
    load,
    by: 'schedule',
    text: `it took what came, and had time to spare: ${threadWords(load, book)}`,
  };
}

function monitorLimit(blind: readonly LoadResult[], book: ResourceBook): LoadLimit {
  const shares = blind.map(
    ({ name }) => `${formatRatio(book.receivedWhileSaturated(name))} of the events of ${name}`,
  );
  const use = book.uses.find(({ kind }) => kind === 'monitor');
  const cores = useOfCores(meansOf(book), book.cores);
  return {
    load: 'monitor',
    by: 'generator',
    text:
      `the monitor's thread was saturated while it received ${shares.join(', ')}: their lag is partly the monitor's own ` +
      `(${percent(use?.figures.cpuShare?.mean)} of a core on average; ${cores})`,
  };
}

/** A system without a core to run on is slow too: that is no fault of its own where others have them. */
function fullMachineWords(book: ResourceBook): string {
  const means = meansOf(book);
  const machine = means.find(({ kind }) => kind === 'machine')?.figures.machineShare ?? 0;
  return machine < FULL_MACHINE ? '' : `; the machine was full: ${useOfCores(means, book.cores)}`;
}

const meansOf = (book: ResourceBook): FellBehind['meanwhile'] =>
  book.uses.map(({ figures, ...user }) => ({
    ...user,
    figures: Object.fromEntries(Object.entries(figures).map(([figure, { mean }]) => [figure, mean])),
  }));

/** `its thread used 38 % of a core, 52 % at most`. */
function threadWords(load: string, book: ResourceBook): string {
  const threads = threadsOf(load, book);
  const means = threads.flatMap(({ figures }) => figures.cpuShare?.mean ?? []);
  const peak = Math.max(0, ...threads.map(({ figures }) => figures.cpuShare?.max ?? 0));
  if (means.length === 0) return 'what its threads used is not known';
  const who = threads.length === 1 ? 'its thread used' : `its ${threads.length} threads used, each,`;
  return `${who} ${formatRatio(mean(means))} of a core, ${formatRatio(peak)} at most`;
}

/** A load's name may hold digits, but no space: what is before the last space is the load. */
const threadsOf = (load: string, book: ResourceBook) =>
  book.uses.filter(({ kind, name }) => kind === 'generator' && name.slice(0, name.lastIndexOf(' ')) === load);

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

const percent = (share: number | undefined): string => (share === undefined ? '–' : formatRatio(share));
