import type { JetStreamManager } from '@nats-io/jetstream';
import { type JszPage, readJsz } from './endpoints.js';
import { isUnattended } from './jetstream-errors.js';
import { streamInfo } from './streams.js';

/** Where to ask a node about itself; without a URL it is not asked. */
export interface MonitoredNode {
  readonly name: string;
  /** What the server calls itself; its name unless told. */
  readonly serverName?: string;
  readonly monitorUrl?: string;
}

/**
 * The leader of the meta group as most of the nodes name it. A node that was cut off or has just come back names an
 * old one or none, so the majority decides; undefined when there is no such name, or nobody answers.
 */
export async function askMetaLeader(nodes: readonly MonitoredNode[]): Promise<string | undefined> {
  const pages = await Promise.all(
    nodes.map(async ({ monitorUrl }) => {
      if (monitorUrl === undefined) return undefined;
      return await readJsz(monitorUrl).catch(() => undefined);
    }),
  );
  return electMetaLeader(pages.filter((page) => page !== undefined));
}

/** The name that more than half of the answering nodes give. */
export function electMetaLeader(pages: readonly JszPage[]): string | undefined {
  const votes = new Map<string, number>();
  for (const { meta_cluster } of pages) {
    const leader = meta_cluster?.leader;
    if (leader) votes.set(leader, (votes.get(leader) ?? 0) + 1);
  }
  for (const [leader, count] of votes) if (2 * count > pages.length) return leader;
  return undefined;
}

/** The consumer's leader; undefined while it has none. `alone`: who leads where nothing is clustered. */
export async function askConsumerLeader(
  jsm: JetStreamManager,
  stream: string,
  consumer: string,
  alone: string | undefined,
): Promise<string | undefined> {
  try {
    const { cluster } = await jsm.consumers.info(stream, consumer);
    return cluster === undefined ? alone : cluster.leader || undefined;
  } catch (thrown) {
    // A consumer without a leader has nobody to answer for it.
    if (isUnattended(thrown)) return undefined;
    throw thrown;
  }
}

/** The stream's leader; undefined while it has none. `alone`: who leads where nothing is clustered. */
export async function askStreamLeader(
  jsm: JetStreamManager,
  stream: string,
  alone: string | undefined,
): Promise<string | undefined> {
  // A stream without a leader has nobody to answer for it.
  const info = await streamInfo(jsm, stream).catch((thrown: unknown) => {
    if (isUnattended(thrown)) return null;
    throw thrown;
  });
  if (info === undefined) throw new Error(`there is no stream ${stream}`);
  if (info === null) return undefined;
  return info.cluster === undefined ? alone : info.cluster.leader || undefined;
}
