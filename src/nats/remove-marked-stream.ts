import { jetstreamManager } from '@nats-io/jetstream';
import type { ServerAccess } from '../contracts/load.js';
import { connectControl } from './connect.js';
import { removeStreams, STREAM_MARK, streamInfo } from './streams.js';

const CALL_MS = 4000;

/**
 * Removes a stream that a run has created, and no other of that name. Returns what was done or found; throws when the
 * servers cannot be asked.
 */
export async function removeMarkedStream(
  access: ServerAccess,
  stream: string,
  mark: string,
): Promise<string> {
  const nc = await connectControl(access, { name: 'stormglass-undo', timeoutMs: CALL_MS });
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: CALL_MS });
    const info = await streamInfo(jsm, stream);
    if (info === undefined) return 'it was not there';
    if (info.config.metadata?.[STREAM_MARK] !== mark)
      return 'there is another of that name: it was left alone';
    await removeStreams(jsm, [stream]);
    return 'removed';
  } finally {
    await nc.close();
  }
}

/**
 * Removes the streams whose names begin so and that a run has created; returns how many. Throws when the servers cannot
 * be asked, or one of the streams cannot be removed.
 */
export async function removeMarkedStreams(
  access: ServerAccess,
  prefix: string,
  mark: string,
): Promise<number> {
  const nc = await connectControl(access, { name: 'stormglass-undo', timeoutMs: CALL_MS });
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: CALL_MS });
    const names: string[] = [];
    for await (const { config } of jsm.streams.list()) {
      if (config.name.startsWith(prefix) && config.metadata?.[STREAM_MARK] === mark) names.push(config.name);
    }
    await removeStreams(jsm, names);
    return names.length;
  } finally {
    await nc.close();
  }
}
