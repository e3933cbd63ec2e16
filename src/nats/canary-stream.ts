import { JetStreamApiError, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { messageOf } from '../base/errors.js';
import type { ServerAccess } from '../contracts/load.js';
import { connectControl } from './connect.js';
import { createStreams } from './streams.js';

const CALL_MS = 3_000;

/** A stream of one replica, on one server, that only serves to see whether that server takes a write. */
export interface CanaryStream {
  readonly name: string;
  readonly subject: string;
}

/** What came of a write: taken, or refused with the server's words and code; `silent`: nobody answered. */
export interface CanaryAnswer {
  readonly state: 'taken' | 'refused' | 'silent';
  /** `insufficient resources (10023)`. */
  readonly saw: string;
  readonly code?: number;
}

/** Makes the canary on the server that has the tag, marked as the run's. Throws a PreflightError when it cannot be made. */
export async function createCanary(
  access: ServerAccess,
  { name, subject }: CanaryStream,
  { placementTag, mark }: { readonly placementTag: string; readonly mark: string },
): Promise<void> {
  await withConnection(access, async (nc) => {
    const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: CALL_MS });
    const config = {
      storage: 'file',
      num_replicas: 1,
      max_bytes: -1,
      placement: { tags: [placementTag] },
    };
    await createStreams(jsm, [{ name, subjects: [subject], config }], mark);
  });
}

/** Offers the canary one message. Never rejects. */
export async function offerToCanary(access: ServerAccess, { subject }: CanaryStream): Promise<CanaryAnswer> {
  try {
    return await withConnection(access, async (nc) => {
      const { seq } = await jetstream(nc, { timeout: CALL_MS }).publish(subject, Buffer.alloc(512), {
        retries: 0,
      });
      return { state: 'taken', saw: `a write was taken as message ${seq}` };
    });
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) return { state: 'silent', saw: messageOf(error) };
    const { code } = error;
    return { state: 'refused', code, saw: `a write was refused: ${error.message} (${code})` };
  }
}

async function withConnection<T>(access: ServerAccess, work: (nc: NatsConnection) => Promise<T>): Promise<T> {
  const nc = await connectControl(access, { name: 'stormglass-canary', timeoutMs: CALL_MS });
  try {
    return await work(nc);
  } finally {
    await nc.close();
  }
}
