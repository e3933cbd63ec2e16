import { NS } from '../base/clock.js';
import { freshId } from '../base/ids.js';
import type { WireConnection } from '../wire/connection.js';
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
 * `onLeader` it is made again until it lies where the stream's leader is, or almost certainly cannot.
 */
export async function createReadConsumer(
  api: WireApi,
  stream: string,
  fromSequence: number,
  onLeader: boolean,
): Promise<ReadConsumer> {
  const leader = onLeader ? (await askGroup(api, stream).catch(() => undefined))?.leader : undefined;
  return await createOn(api, stream, fromSequence, leader);
}

/** As `createReadConsumer`, on the server of that name. Rejects when it does not come to lie there. */
export async function createReadConsumerOn(
  api: WireApi,
  stream: string,
  fromSequence: number,
  server: string,
): Promise<ReadConsumer> {
  const why = whyUnreadable(await askGroup(api, stream), server);
  if (why !== undefined) throw new Error(why);
  const made = await createOn(api, stream, fromSequence, server);
  if (made.server === server) return made;
  await removeReadConsumer(api, stream, made.name);
  throw new Error(`none of ${MOST_TRIES} consumers came to lie on ${server}`);
}

async function askGroup(api: WireApi, stream: string): Promise<StreamGroup | undefined> {
  return (await api.request<{ cluster?: StreamGroup }>(`STREAM.INFO.${stream}`, undefined, API_MS)).cluster;
}

interface PlacedConsumer extends ReadConsumer {
  readonly server: string | undefined;
}

/** Until it lies on that server; the last of so many tries where it never did. */
async function createOn(
  api: WireApi,
  stream: string,
  fromSequence: number,
  server: string | undefined,
): Promise<PlacedConsumer> {
  for (let tries = 1; ; tries++) {
    const made = await create(api, stream, fromSequence);
    if (server === undefined || made.server === server || tries === MOST_TRIES) return made;
    await removeReadConsumer(api, stream, made.name);
  }
}

async function create(api: WireApi, stream: string, fromSequence: number): Promise<PlacedConsumer> {
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

/** As `removeReadConsumer`, for those who do not wait for the answer. */
export function leaveReadConsumer(wire: WireConnection, stream: string, name: string): void {
  wire.publish(`$JS.API.CONSUMER.DELETE.${stream}.${name}`);
}
