import { NS } from '../base/clock.js';
import type { PageResources } from '../contracts/report-page.js';
import type { ResourceFigure, ResourceRow, ResourceRows, ResourcesResult } from '../contracts/resources.js';

/** What the page draws over time; of all else it shows what it came to. */
const CHARTED: readonly ResourceFigure[] = [
  'cpuShare',
  'residentBytes',
  'openFiles',
  'storeBytes',
  'machineShare',
];
const DIGITS = 4;

type PageUser = PageResources['users'][number];

/** The charts' columns. Pure. */
export function buildPageResources({ rowNs, timeline }: ResourcesResult): PageResources {
  const rowSec = rowNs / NS.s;
  const length = Math.max(0, ...timeline.map(({ rows }) => indexOf(rows.at(-1), rowSec) + 1));
  return {
    rowSec,
    t: Array.from({ length }, (_, i) => i * rowSec),
    users: [...byName(timeline)].map(([name, parts]) => pageUser(name, parts, rowSec, length)),
  };
}

/** The threads of a load are drawn as one: `orders 0` and `orders 1` are `orders`. */
function byName(timeline: readonly ResourceRows[]): Map<string, ResourceRows[]> {
  const users = new Map<string, ResourceRows[]>();
  for (const rows of timeline) {
    if (rows.kind === 'conductor') continue;
    const { kind, name } = rows;
    const shown = kind === 'generator' ? name.slice(0, name.lastIndexOf(' ')) : name;
    users.set(shown, [...(users.get(shown) ?? []), rows]);
  }
  return users;
}

function pageUser(name: string, parts: readonly ResourceRows[], rowSec: number, length: number): PageUser {
  const figures: Partial<Record<ResourceFigure, (number | null)[]>> = {};
  for (const figure of CHARTED) {
    const column = new Array<number | null>(length).fill(null);
    for (const { rows } of parts) {
      for (const row of rows) {
        const value = row.figures[figure];
        const at = indexOf(row, rowSec);
        if (value !== undefined) column[at] = Number(((column[at] ?? 0) + value).toPrecision(DIGITS));
      }
    }
    if (column.some((value) => value !== null)) figures[figure] = column;
  }
  return { kind: parts[0]!.kind, name, figures };
}

const indexOf = (row: ResourceRow | undefined, rowSec: number): number =>
  row === undefined ? -1 : Math.round(row.t / rowSec);
