import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type Docker from 'dockerode';

/**
 * Appends what a container says from a start on to a file, until it ends or the signal aborts. Never rejects: a log that
 * breaks off is no reason to end anything.
 */
export async function followLog(
  docker: Docker,
  id: string,
  { since, file, signal }: { readonly since: string; readonly file: string; readonly signal: AbortSignal },
): Promise<void> {
  const out = createWriteStream(file, { flags: 'a' });
  out.on('error', () => {});
  try {
    const stream = (await docker.getContainer(id).logs({
      follow: true,
      stdout: true,
      stderr: true,
      since: secondsOf(since),
      abortSignal: signal,
    })) as unknown as Readable;
    docker.modem.demuxStream(stream, out, out);
    await finished(stream);
  } catch {
    // Aborted, or the engine has gone.
  } finally {
    out.end();
  }
}

/** The engine takes seconds with nine decimals: `1700000000.123456789`. */
function secondsOf(time: string): number {
  const [, decimals = '0'] = /\.(\d+)Z$/.exec(time) ?? [];
  return `${Math.floor(Date.parse(time) / 1000)}.${decimals.padEnd(9, '0')}` as unknown as number;
}
