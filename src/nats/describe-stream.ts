import type { JetStreamManager } from '@nats-io/jetstream';
import type { StreamDescription } from '../contracts/control.js';
import { streamInfo } from './streams.js';

/**
 * The stream as its leader describes it, which is named by the servers' own name for it; `undefined` when there is
 * none. `alone`: who leads where nothing is clustered. Rejects when nobody can say.
 */
export async function describeStream(
  jsm: JetStreamManager,
  stream: string,
  alone: string | undefined,
): Promise<StreamDescription | undefined> {
  const info = await streamInfo(jsm, stream);
  if (info === undefined) return undefined;
  const { config, created, state, cluster } = info;
  const leader = cluster === undefined ? alone : cluster.leader;
  return {
    config: { ...config },
    state: {
      ...(leader && { leader }),
      created,
      firstSequence: state.first_seq,
      lastSequence: state.last_seq,
      messages: state.messages,
      bytes: state.bytes,
    },
  };
}
