import { NS } from '../base/clock.js';
import { freshId } from '../base/ids.js';
import { type StreamGroup, whyUnreadable } from './stream-replicas.js';
import type { WireApi } from './wire-api.js';

/** The consumers that streams are read back with are called so, and then by an id. */
export const READ_CONSUMER = 'stormglass-read-';

const API_MS = 3000;
const REMOVE_MS = 1000;
/** Of three peers, a given one is not drawn in so many tries once in a billion times. */
const MOST_TRIES = 50;

/** A consumer, made. */
export interface ReadConsumer {
  readonly name: string;
  /** How many messages it has to deliver. */
  readonly pending: number;
}

interface CreateAnswer {
  readonly num_pending: number;
  readonly cluster?: { readonly leader?: string };
}

/**
 * Makes a consumer to read with from a sequence on: one replica, in memory, nothing to acknowledge. It reads the store
 * of the server that it lies on. Which of the stream's peers that is, the server draws and nobody can ask for; with
 * `onServer` it is made again until it lies there. Rejects when it does not come to.
 */
export async function createReadConsumer(
  api: WireApi,
  stream: string,
  fromSequence: number,
  onServer?: string,
): Promise<ReadConsumer> {
  if (onServer === undefined) return await create(api, stream, fromSequence);
  const { cluster } = await api.request<{ cluster?: StreamGroup }>(
    `STREAM.INFO.${stream}`,
    undefined,
    API_MS,
  );
  const why = whyUnreadable(cluster, onServer);
  if (why !== undefined) throw new Error(why);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const { name, pending, server } = await create(api, stream, fromSequence);
    if (server === onServer) return { name, pending };
    await removeReadConsumer(api, stream, name);
  }
  throw new Error(`none of ${MOST_TRIES} consumers came to lie on ${onServer}`);
}

async function create(
  api: WireApi,
  stream: string,
  fromSequence: number,
): Promise<ReadConsumer & { readonly server: string | undefined }> {
  const name = `${READ_CONSUMER}${freshId()}`;
  const { num_pending: pending, cluster } = await api.request<CreateAnswer>(
    `CONSUMER.CREATE.${stream}.${name}`,
    {
      stream_name: stream,
      config: {
        name,
        deliver_policy: 'by_start_sequence',
        opt_start_seq: fromSequence,
        ack_policy: 'none',
        num_replicas: 1,
        mem_storage: true,
        // Should we die, the server removes it.
        inactive_threshold: 30 * NS.s,
      },
    },
    API_MS,
  );
  return { name, pending, server: cluster?.leader };
}

/** Best effort: the server does it by itself when nobody pulls for a while. */
export async function removeReadConsumer(api: WireApi, stream: string, name: string): Promise<void> {
  await api.request(`CONSUMER.DELETE.${stream}.${name}`, undefined, REMOVE_MS).catch(() => {});
}
