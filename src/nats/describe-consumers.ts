import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream';
import type { ConsumerDescription, ConsumerDescriptions } from '../contracts/control.js';
import { isConsumerNotFound, isStreamNotFound, isUnattended } from './jetstream-errors.js';
import { READ_CONSUMER } from './read-consumer.js';

/** See `SystemControl.describeConsumers`. */
export async function describeConsumers(
  jsm: JetStreamManager,
  stream: string,
  known: readonly string[],
): Promise<ConsumerDescriptions | undefined> {
  const consumers: ConsumerDescription[] = [];
  const unanswered: string[] = [];
  try {
    for await (const info of jsm.consumers.list(stream)) {
      if (!info.name.startsWith(READ_CONSUMER)) consumers.push(described(info));
    }
    // A list leaves out those whose leader does not answer: only who is asked for by name is known to be gone.
    const listed = new Set(consumers.map(({ consumer }) => consumer));
    await Promise.all(
      known
        .filter((name) => !listed.has(name))
        .map(async (name) => {
          const found = await ask(jsm, stream, name);
          if (found === 'unanswered') unanswered.push(name);
          else if (found !== 'gone') consumers.push(found);
        }),
    );
  } catch (thrown) {
    if (isStreamNotFound(thrown)) return undefined;
    throw thrown;
  }
  return { consumers, unanswered };
}

async function ask(
  jsm: JetStreamManager,
  stream: string,
  consumer: string,
): Promise<ConsumerDescription | 'gone' | 'unanswered'> {
  try {
    return described(await jsm.consumers.info(stream, consumer));
  } catch (thrown) {
    if (isConsumerNotFound(thrown)) return 'gone';
    if (isUnattended(thrown)) return 'unanswered';
    throw thrown;
  }
}

const described = (info: ConsumerInfo): ConsumerDescription => ({
  consumer: info.name,
  config: { ...info.config },
  state: {
    deliveredStreamSequence: info.delivered.stream_seq,
    ackFloorStreamSequence: info.ack_floor.stream_seq,
    ackPending: info.num_ack_pending,
    pending: info.num_pending,
    redelivered: info.num_redelivered,
  },
});
