import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import type { LockHolder } from '../contracts/control.js';
import { STREAM_MARK, streamInfo } from './streams.js';

/** A stream that holds nothing: that there is one of this name is the lock, and its metadata say who made it. */
export const LOCK_STREAM = 'STORMGLASS_LOCK';
const LOCK_SUBJECT = '_stormglass.lock';
const KEYS = {
  run: STREAM_MARK,
  host: 'stormglass-host',
  user: 'stormglass-user',
  since: 'stormglass-since',
  pid: 'stormglass-pid',
  startedAt: 'stormglass-started',
} as const satisfies Record<keyof LockHolder, string>;

/**
 * Makes the lock; servers make a stream of a name once only, whoever else asks at the same time. Resolves to who has it
 * where that is somebody else, else to `undefined`. Rejects where no streams can be made.
 */
export async function takeLock(jsm: JetStreamManager, holder: LockHolder): Promise<LockHolder | undefined> {
  const metadata = Object.fromEntries(
    Object.entries(KEYS).map(([key, name]) => [name, holder[key as keyof LockHolder]]),
  );
  const config = {
    name: LOCK_STREAM,
    subjects: [LOCK_SUBJECT],
    storage: 'memory',
    num_replicas: 1,
    max_msgs: 1,
    max_bytes: 4096,
    metadata,
  };
  try {
    await jsm.streams.add(config as unknown as StreamConfig);
  } catch (error) {
    const standing = await streamInfo(jsm, LOCK_STREAM);
    if (standing === undefined) throw error;
    const found = holderIn(standing.config.metadata);
    // The answer to our own asking may have been lost.
    return found.run === holder.run ? undefined : found;
  }
  return undefined;
}

function holderIn(metadata: Readonly<Record<string, string>> = {}): LockHolder {
  const of = (key: keyof LockHolder): string => metadata[KEYS[key]] ?? '';
  return {
    run: of('run'),
    host: of('host'),
    user: of('user'),
    since: of('since'),
    pid: of('pid'),
    startedAt: of('startedAt'),
  };
}
