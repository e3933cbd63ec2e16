import { formatDuration, formatInteger, formatRatio, formatSize } from '../base/units.js';
import type { FigureSummary, ResourceFigure, ResourceUse } from '../contracts/resources.js';
import type { ResourcesSummary } from '../contracts/summary.js';
import { type Column, dataTable } from './data-table.js';
import { element } from './dom.js';
import { NOTHING } from './figures.js';

/** Of more threads than this, the table is folded away. */
const MOST_THREADS = 8;

/** What each of them came to: servers and what is around them; then the threads of stormglass. */
export function resourceTables({ users }: ResourcesSummary): HTMLElement[] {
  const threads = users.filter(({ kind }) => ['generator', 'monitor', 'conductor'].includes(kind));
  const others = users.filter((user) => !threads.includes(user));
  const table = tableOf('What threads of stormglass used', 'Thread', threads, THREAD_COLUMNS);
  return [
    tableOf('What servers, stormglass and the machine used', 'Process', others, OTHER_COLUMNS),
    threads.length > MOST_THREADS
      ? element('details', {}, element('summary', {}, `${threads.length} threads of stormglass`), table)
      : table,
  ];
}

/** Without the columns in which nobody has anything. */
function tableOf(
  caption: string,
  heading: string,
  rows: readonly ResourceUse[],
  columns: readonly Column<ResourceUse>[],
): HTMLElement {
  const used = columns.filter(({ cell }) => rows.some((row) => cell(row) !== NOTHING));
  return dataTable({ caption, rows, columns: [{ heading, cell: ({ name }) => name }, ...used] });
}

const CPU: readonly Column<ResourceUse>[] = (['mean', 'max'] as const).map((of) => ({
  heading: of === 'mean' ? 'CPU' : 'most',
  title: `Of one core, for the machine of all cores: ${of === 'mean' ? 'on average' : 'at most in a second'}`,
  numeric: true,
  cell: ({ figures: { cpuShare, machineShare } }) => text((cpuShare ?? machineShare)?.[of], formatRatio),
}));

const OTHER_COLUMNS: readonly Column<ResourceUse>[] = [
  ...CPU,
  {
    heading: 'Memory',
    title: 'Resident, at most; of the machine, what was left at least',
    numeric: true,
    cell: ({ figures: { residentBytes, availableBytes } }) =>
      availableBytes ? `${formatSize(availableBytes.min)} left` : text(residentBytes?.max, formatSize),
  },
  column('Open files', 'At most', 'openFiles', 'max', formatInteger),
  column('Clients', 'Connections, at most', 'connections', 'max', formatInteger),
  column('Store', 'On disk, at the end', 'storeBytes', 'last', formatSize),
  column('Disk left', 'On the file system of the store, at least', 'freeBytes', 'min', formatSize),
  column(
    'Written',
    'To the disk, on average',
    'writtenBytesPerSec',
    'mean',
    (bytes) => `${formatSize(bytes)}/s`,
  ),
];

const THREAD_COLUMNS: readonly Column<ResourceUse>[] = [
  ...CPU,
  column('No core', 'Ready to run while no core was free, on average', 'runQueueShare', 'mean', formatRatio),
  column('Late', 'Event-loop delay: how late timers came, at most', 'loopDelayMaxNs', 'max', formatDuration),
  column('GC', 'Share of the time that the garbage collector took', 'gcShare', 'mean', formatRatio),
  column('GC pause', 'The longest', 'gcMaxNs', 'max', formatDuration),
  column(
    'Held',
    'Share of the time in which its sockets held bytes back',
    'socketHeldShare',
    'mean',
    formatRatio,
  ),
  column('Heap', 'At most', 'heapBytes', 'max', formatSize),
];

function column(
  heading: string,
  title: string,
  figure: ResourceFigure,
  of: keyof FigureSummary,
  format: (value: number) => string,
): Column<ResourceUse> {
  return { heading, title, numeric: true, cell: ({ figures }) => text(figures[figure]?.[of], format) };
}

const text = (value: number | undefined, format: (value: number) => string): string =>
  value === undefined ? NOTHING : format(value);
