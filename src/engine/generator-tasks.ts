import { join } from 'node:path';
import { seededRandom } from '../base/random.js';
import type { Cluster } from '../contracts/cluster.js';
import type { GeneratorTask, LoadKindFacts } from '../contracts/load.js';
import type { WriterLabel } from '../contracts/monitor.js';
import type { EventKind } from '../contracts/plan/events.js';
import type { Plan } from '../contracts/plan.js';
import { warmUpEndNs } from '../metrics/schedule-end.js';
import type { RunServices } from './services.js';

export interface GeneratorTasksOptions {
  readonly plan: Plan;
  readonly runId: string;
  readonly historyDir: string;
  readonly services: Pick<RunServices, 'loadFacts'>;
  readonly cluster: Cluster;
}

/** Every connection of a run's generators is called so, and then by its load and worker. */
export const connectionPrefix = (runId: string): string => `stormglass ${runId} `;

/** One task for each worker of each load. */
export function generatorTasks(
  { plan, runId, historyDir, services, cluster }: GeneratorTasksOptions,
  phaseClock: SharedArrayBuffer,
): GeneratorTask[] {
  const tasks: GeneratorTask[] = [];
  const eventTokens = { domain: plan.monitor.domainToken, type: plan.monitor.typeToken };
  let writer = firstWriter(plan, runId, services);
  for (const load of plan.loads) {
    for (let worker = 0; worker < load.workers; worker++) {
      tasks.push({
        runId,
        seed: plan.seed,
        load,
        events: plan.events.filter((event) => load.domains.includes(event.domain)),
        worker,
        writer,
        eventTokens,
        access: cluster.access,
        connectionName: `${connectionPrefix(runId)}${load.name} ${worker}`,
        phaseClock,
        ...(load.history !== false &&
          services.loadFacts(load.kind).history.length > 0 && {
            historyFile: join(historyDir, `${load.name}-${worker}.sgh`),
          }),
      });
      writer += services.loadFacts(load.kind).writersOf?.(load) ?? 1;
    }
  }
  const writers = tasks
    .filter(({ load }) => isMonitored(services.loadFacts(load.kind)))
    // Those that are several write to more subjects than their events' own.
    .filter(({ load }) => services.loadFacts(load.kind).writersOf === undefined)
    .map(({ writer, events }) => ({ writer, subjects: events.map(({ subject }) => subject) }));
  return tasks.map((task) => ({ ...task, writers }));
}

/** As many as a stamp can tell apart. */
const WRITERS = 65_536;

/**
 * The number of a run's first writer, drawn by the run: two runs on one stream at the same time do not take each other's
 * events for their own.
 */
function firstWriter(
  { loads }: Plan,
  runId: string,
  { loadFacts }: GeneratorTasksOptions['services'],
): number {
  const writers = loads.reduce(
    (sum, load) => sum + load.workers * (loadFacts(load.kind).writersOf?.(load) ?? 1),
    0,
  );
  return Math.floor(seededRandom(0, `writers/${runId}`).next() * Math.max(1, WRITERS - writers));
}

/** Whether the monitor counts what arrives of loads of this kind. */
export const isMonitored = ({ events, monitored = events }: LoadKindFacts): boolean => monitored;

/** Whose events those are that the monitor will see. */
export function writerLabels(
  tasks: readonly GeneratorTask[],
  services: Pick<RunServices, 'loadFacts'>,
): WriterLabel[] {
  return tasks.flatMap(({ writer, load, events }) => {
    const { writersOf, bodiesOfMix } = services.loadFacts(load.kind);
    const warmNs = warmUpEndNs(load);
    const bodies = bodiesOfMix && bodiesOf(events);
    return Array.from({ length: writersOf?.(load) ?? 1 }, (_, i) => ({
      writer: writer + i,
      load: load.name,
      ...(warmNs !== undefined && { warmUpEndNs: warmNs }),
      ...(bodies && { bodies }),
    }));
  });
}

/** What the bodies of these events are made of; undefined where a file says that. */
function bodiesOf(events: readonly EventKind[]): string[] | undefined {
  const payloads = events.map(({ payload }) => payload);
  if (payloads.some((payload) => payload?.kind === 'file')) return undefined;
  return payloads.flatMap((payload) => (payload?.kind === 'template' ? [payload.text] : []));
}
