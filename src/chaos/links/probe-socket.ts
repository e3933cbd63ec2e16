import { connect } from 'node:net';
import { NS, nowNs } from '../../base/clock.js';
import { Deadline } from '../../base/deadline.js';
import { codeOf, messageOf } from '../../base/errors.js';
import type { ServerAddress } from '../../contracts/load.js';

/** What became of a connection of ours within the time that it was looked at. */
export interface ProbeStory {
  readonly heard: string;
  /** In how many reads that came. */
  readonly reads: number;
  /** `open`: it had not ended yet. */
  readonly end: 'open' | 'closed' | 'reset' | 'refused';
  /** How long after it was opened, or after we spoke, it had ended, or was given up. */
  readonly tookMs: number;
  readonly error?: string;
}

export interface ProbeOptions {
  /** Said once the server has spoken, or after `speakAfterMs` when it has not. */
  readonly say?: string;
  readonly speakAfterMs?: number;
  /** The story ends when this is so, too. */
  readonly until?: (heard: string, reads: number) => boolean;
  readonly forMs: number;
}

/** Opens a plain connection through a link and tells what became of it. Never rejects, and leaves nothing open. */
export function probeSocket({ host, port }: ServerAddress, options: ProbeOptions): Promise<ProbeStory> {
  const { say, speakAfterMs = 500, until, forMs } = options;
  return new Promise((resolve) => {
    let heard = '';
    let reads = 0;
    let error: unknown;
    let startNs = nowNs();
    let spoke = say === undefined;
    const socket = connect({ host, port });
    const tell = (end: ProbeStory['end']) => {
      deadline.clear();
      silence.clear();
      socket.destroy();
      const why = error === undefined ? {} : { error: codeOf(error) ?? messageOf(error) };
      resolve({ heard, reads, end, tookMs: (nowNs() - startNs) / NS.ms, ...why });
    };
    const speak = () => {
      if (spoke || say === undefined) return;
      spoke = true;
      startNs = nowNs();
      deadline.clear();
      deadline = new Deadline(forMs, () => tell('open'));
      socket.write(say);
    };
    let deadline = new Deadline(forMs + (say === undefined ? 0 : speakAfterMs), () => tell('open'));
    const silence = new Deadline(speakAfterMs, speak);
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      reads++;
      heard += chunk.toString('latin1');
      speak();
      if (until?.(heard, reads)) tell('open');
    });
    socket.on('error', (thrown) => {
      error = thrown;
    });
    socket.on('close', () => {
      const code = codeOf(error);
      tell(
        code === 'ECONNREFUSED' ? 'refused' : code === 'ECONNRESET' || code === 'EPIPE' ? 'reset' : 'closed',
      );
    });
  });
}
