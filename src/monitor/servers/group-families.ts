import type { MetricFamily, MetricSample } from '../../contracts/metric.js';
import { OTHER } from './group-key.js';
import { ownFamily } from './own-family.js';
import type { RaftGroup } from './raft-group.js';

type Labels = Readonly<Record<string, string>>;

/** The figures of Raft groups; those that are too many as one of each kind: the worst of them, or their sum. */
export function* groupFamilies(
  groups: readonly RaftGroup[],
  label: (serverName: string) => string,
): Iterable<MetricFamily> {
  const meta = groups.find(({ name, state }) => name.kind === 'meta' && state !== undefined);
  const metaLeaders = (meta?.state?.members ?? []).map((server) => ({
    labels: { server: label(server) },
    value: server === meta?.state?.leader ? 1 : 0,
  }));
  yield ownFamily('cim_nats_meta_leader', metaLeaders);
  yield ownFamily(
    'cim_nats_meta_has_leader',
    meta === undefined ? [] : [{ labels: {}, value: meta.hasLeader ? 1 : 0 }],
  );

  const hasLeader = new Figures(Math.min);
  const leads = new Figures(Math.max);
  const lag = new Figures(Math.max);
  const offline = new Figures(Math.max);
  const current = new Figures(Math.min);
  const elections = new Figures((a, b) => a + b);
  const quorumLost = new Figures((a, b) => a + b);
  for (const group of groups) {
    const labels = labelsOf(group);
    elections.add(labels, group.elections.count);
    quorumLost.add(labels, group.quorumLost);
    const { state } = group;
    if (state === undefined) continue;
    hasLeader.add(labels, group.hasLeader ? 1 : 0);
    if (group.isTold) {
      for (const server of state.members) {
        leads.add({ ...labels, server: label(server) }, server === state.leader ? 1 : 0);
      }
    }
    for (const replica of state.replicas) {
      const each = { ...labels, server: label(replica.server) };
      offline.add(each, replica.offline ? 1 : 0);
      if (replica.current !== undefined) current.add(each, replica.current ? 1 : 0);
      if (replica.lag !== undefined) lag.add(each, replica.lag);
    }
  }
  yield ownFamily('cim_nats_raft_has_leader', hasLeader.samples);
  yield ownFamily('cim_nats_raft_leader', leads.samples);
  yield ownFamily('cim_nats_raft_replica_lag', lag.samples);
  yield ownFamily('cim_nats_raft_replica_offline', offline.samples);
  yield ownFamily('cim_nats_raft_replica_current', current.samples);
  yield ownFamily('cim_nats_elections_total', elections.samples);
  yield ownFamily('cim_nats_quorum_lost_total', quorumLost.samples);
}

function labelsOf({ name: { kind, account, stream, consumer }, isTold }: RaftGroup): Labels {
  if (isTold) return { kind, account, stream, consumer };
  return { kind, account: OTHER, stream: OTHER, consumer: kind === 'consumer' ? OTHER : '' };
}

/** Figures of one metric; two with the same labels become one. */
class Figures {
  readonly #byLabels = new Map<string, { labels: Labels; value: number }>();
  readonly #together: (a: number, b: number) => number;

  constructor(together: (a: number, b: number) => number) {
    this.#together = together;
  }

  add(labels: Labels, value: number): void {
    const key = Object.values(labels).join('\0');
    const known = this.#byLabels.get(key);
    if (known === undefined) this.#byLabels.set(key, { labels, value });
    else known.value = this.#together(known.value, value);
  }

  get samples(): Iterable<MetricSample> {
    return this.#byLabels.values();
  }
}
