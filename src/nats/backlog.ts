import type { ConsumerInfo, JetStreamManager } from '@nats-io/jetstream';

/**
 * Messages that consumers were not given yet, or have not acknowledged: of one consumer, of all of a stream, or of all
 * streams that we may see. Rejects when nobody can say.
 */
export async function readBacklog(
  jsm: JetStreamManager,
  stream: string | undefined,
  consumer: string | undefined,
): Promise<number> {
  const behind = ({ num_pending, num_ack_pending }: ConsumerInfo): number => num_pending + num_ack_pending;
  if (stream !== undefined && consumer !== undefined)
    return behind(await jsm.consumers.info(stream, consumer));
  // A stream that is not there has no consumers, which would look like nothing before them.
  if (stream !== undefined) await jsm.streams.info(stream);
  let sum = 0;
  for await (const name of stream === undefined ? namesOf(jsm) : [stream]) {
    for await (const info of jsm.consumers.list(name)) sum += behind(info);
  }
  return sum;
}

async function* namesOf(jsm: JetStreamManager): AsyncIterable<string> {
  for await (const { config } of jsm.streams.list()) yield config.name;
}
