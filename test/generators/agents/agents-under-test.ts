import { NS } from '../../../src/base/clock.js';
import { waitFor } from '../../../src/base/wait.js';
import type { EventKind } from '../../../src/contracts/plan/events.js';
import { emptyStamp, readStamp } from '../../../src/wire/stamp.js';
import { LoadUnderTest, type TestLoadOptions } from '../load-under-test.js';
import { subscribe } from '../subscriber.js';

/** Large enough for an event to say which agent it is from. */
export const NAMED: readonly EventKind[] = [
  {
    domain: 'orders',
    type: 'Heartbeat',
    subject: 'cim.events.orders.Heartbeat',
    weight: 1,
    size: { minBytes: 48, maxBytes: 48 },
  },
];

/** A message of an agent, as somebody else receives it. */
export interface Seen {
  readonly subject: string;
  readonly type: string;
  readonly writer: number;
  readonly sequence: number;
  /** Microseconds after the start of the load. */
  readonly dueUs: number;
  /** What the payload says behind the stamp; {} when there is no room for it. */
  readonly body: Readonly<Record<string, string>>;
}

export type AgentsOptions = Omit<TestLoadOptions, 'kind' | 'schedule'> & { readonly seconds: number };

export const agents = (options: AgentsOptions): LoadUnderTest =>
  new LoadUnderTest({
    kind: 'agents',
    schedule: { mode: 'follow', durationNs: options.seconds * NS.s },
    events: NAMED,
    ...options,
  });

/** Runs workers to their end, with a subscriber of the NATS.js client who sees every message of theirs. */
export async function runAgents(
  options: AgentsOptions,
  meanwhile: (loads: readonly LoadUnderTest[]) => Promise<void> = async () => {},
): Promise<{ readonly loads: readonly LoadUnderTest[]; readonly seen: readonly Seen[] }> {
  const { workers = 1 } = options;
  await using subscriber = await subscribe(
    options.access.servers[0]!.port,
    'cim.events.>',
    ({ subject, data }) => ({ subject, data }),
  );
  const loads = Array.from({ length: workers }, (_, worker) =>
    agents({ ...options, worker, writer: 100 * worker }),
  );
  await Promise.all(loads.map((load) => load.ready()));
  await Promise.all(loads.map((load) => load.start()));
  await meanwhile(loads);
  await Promise.all(loads.map((load) => load.finished()));
  const sent = loads.reduce((sum, load) => sum + load.count('sent'), 0);
  await waitFor(() => subscriber.seen.length >= sent, { timeoutMs: 30_000, everyMs: 10 });
  const stamp = emptyStamp();
  const seen = subscriber.seen.map(({ subject, data }): Seen => {
    if (!readStamp(data, 0, data.length, stamp)) throw new Error(`a foreign message on ${subject}`);
    const { startNs } = loads[Math.floor(stamp.writer / 100)]!;
    const body = Buffer.from(data.subarray(16)).toString('latin1');
    return {
      subject,
      type: subject.split('.')[3]!,
      writer: stamp.writer,
      sequence: stamp.sequence,
      dueUs: (stamp.dueNs - startNs) / NS.us,
      body: body.startsWith('{')
        ? (JSON.parse(body.slice(0, body.lastIndexOf('}') + 1)) as Seen['body'])
        : {},
    };
  });
  return { loads, seen };
}

export const ofType = (seen: readonly Seen[], type: string): Seen[] =>
  seen.filter((each) => each.type === type);

/** The list's entries by what `key` says of them. */
export function groupBy<T>(list: readonly T[], key: (entry: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const entry of list) groups.set(key(entry), [...(groups.get(key(entry)) ?? []), entry]);
  return groups;
}
