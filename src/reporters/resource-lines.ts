import { formatDuration, formatRatio, formatSize } from '../base/units.js';
import type { LoadNotice } from '../contracts/load.js';
import type { ResourceFigure, ResourceUse, ResourceUserKind } from '../contracts/resources.js';
import type { Summary } from '../contracts/summary.js';
import { type Paint, plain } from './terminal-text.js';

/** Of more loads than this, notices are only counted: the report has them all. */
const MOST_NOTICES = 4;

/** Who used what, what limited the loads, and how well time was told: what the figures above are to be read with. */
export function resourceRows({ resources, verdict }: Summary, paint: Paint): string[][] {
  const { users, cores, limits, clock } = resources;
  if (users.length === 0) return [];
  const rows = [['resources', useWords(users, cores)]];
  for (const { load, by, text } of limits) {
    if (by === 'system' || by === 'schedule') continue;
    // A load that was not on time is told by the verdict; the rest only here.
    if (verdict.reasons.some((reason) => reason.text === text)) continue;
    rows.push(['', paint('yellow', plain(`${load}: ${text}`))]);
  }
  if (clock) {
    const late = formatDuration(clock.timerLateP99Ns);
    rows.push([
      'clock',
      `error at most ${formatDuration(clock.errorNs)}; timers of 1 ms come within ${late} more (p99)`,
    ]);
  }
  return rows;
}

function useWords(users: readonly ResourceUse[], cores: number): string {
  const mean = (kind: ResourceUserKind): number => total(users, kind, 'cpuShare', 'mean');
  const busy = users.find(({ kind }) => kind === 'machine')?.figures.machineShare;
  const parts = [
    `servers ${formatRatio(mean('server'))} of a core`,
    `generators ${formatRatio(mean('generator'))}`,
    `monitor ${formatRatio(mean('monitor'))}`,
    ...(busy ? [`${cores} cores ${formatRatio(busy.mean)} busy, ${formatRatio(busy.max)} at most`] : []),
  ];
  const memory = [
    `servers ${formatSize(total(users, 'server', 'residentBytes', 'max'))}`,
    `stormglass ${formatSize(total(users, 'process', 'residentBytes', 'max'))}`,
  ];
  return `${parts.join(', ')}; memory: ${memory.join(', ')}`;
}

function total(
  users: readonly ResourceUse[],
  kind: ResourceUserKind,
  figure: ResourceFigure,
  of: 'mean' | 'max',
): number {
  return users
    .filter((user) => user.kind === kind)
    .reduce((sum, { figures }) => sum + (figures[figure]?.[of] ?? 0), 0);
}

/** What connections met: a line a load, each kind with its count and first text. What cut the monitor off has one of its own. */
export function noticeRows({ notices, servers }: Summary, paint: Paint): string[][] {
  const lines = [...byLoad(notices)].map(([load, kinds]) => {
    const words = [...kinds.values()].map(({ first, count, workers }) => {
      const times = count === 1 ? '' : ` ${count} times`;
      const where = workers.size === 1 ? '' : ` on ${workers.size} workers`;
      const kind = first.kind === 'note' ? first.kind : paint('yellow', first.kind);
      return `${kind}${times}${where} (${plain(first.text)})`;
    });
    return `${plain(load)}: ${words.join(', ')}`;
  });
  const known = notices
    .filter(({ kind }) => kind === 'slow-consumer')
    .reduce((sum, { count }) => sum + count, 0);
  const counted = servers.slowConsumers ?? 0;
  // A server counts a consumer when what waits is too much, and once more when a write then takes too long.
  if (counted > 2 * known) {
    const times = `counted ${counted} times, which may be twice for one`;
    lines.unshift(`servers: ${paint('yellow', 'slow-consumer')} ${times}`);
  }
  const shown = lines.length > MOST_NOTICES + 1 ? lines.slice(0, MOST_NOTICES) : lines;
  if (shown.length < lines.length) shown.push(`and of ${lines.length - shown.length} more loads`);
  return shown.map((line, i) => [i === 0 ? 'notices' : '', line]);
}

interface NoticeGroup {
  readonly first: LoadNotice;
  count: number;
  readonly workers: Set<number>;
}

function byLoad(notices: readonly LoadNotice[]): Map<string, Map<LoadNotice['kind'], NoticeGroup>> {
  const loads = new Map<string, Map<LoadNotice['kind'], NoticeGroup>>();
  for (const notice of notices) {
    if (notice.load === 'monitor' && notice.kind === 'disconnected') continue;
    const kinds = loads.get(notice.load) ?? new Map<LoadNotice['kind'], NoticeGroup>();
    loads.set(notice.load, kinds);
    const group = kinds.get(notice.kind) ?? { first: notice, count: 0, workers: new Set() };
    kinds.set(notice.kind, group);
    group.count += notice.count;
    group.workers.add(notice.worker);
  }
  return loads;
}
