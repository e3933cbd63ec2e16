import { connect } from 'node:net';
import { Deadline } from '../base/deadline.js';
import { codeOf, messageOf } from '../base/errors.js';
import type { ClusterNode } from '../contracts/cluster.js';

/** What one look from outside at a node showed; `saw` is for people. */
export interface NodeLook<State extends string> {
  readonly at: string;
  readonly state: State;
  readonly saw: string;
}

/** A look never hangs a run: it takes no longer, whatever the server does. */
const LOOK_TAKES_MS = 2_000;

/** Whether the client port is served: `speaks` as NATS does, `refused`, or anything else. */
export function lookAtClientPort({
  name,
  host,
  clientPort,
}: ClusterNode): Promise<NodeLook<'speaks' | 'refused' | 'unclear'>> {
  const at = `${name} client port ${clientPort}`;
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect({ host, port: clientPort });
    const end = (state: 'speaks' | 'refused' | 'unclear', saw: string) => {
      deadline.clear();
      socket.destroy();
      resolve({ at, state, saw });
    };
    const deadline = new Deadline(LOOK_TAKES_MS, () =>
      end('unclear', `no answer within ${LOOK_TAKES_MS} ms`),
    );
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      if (heard.startsWith('INFO ')) end('speaks', 'accepts, and sends INFO');
      else if (heard.length >= 5) end('unclear', `accepts, but sends ${JSON.stringify(heard.slice(0, 40))}`);
    });
    socket.on('end', () => end('unclear', 'accepts, and closes without a word'));
    socket.on('error', (error) => {
      const refused = codeOf(error) === 'ECONNREFUSED';
      end(refused ? 'refused' : 'unclear', refused ? 'connection refused' : messageOf(error));
    });
  });
}

/**
 * What the server says of its own health; `undefined` where its monitoring endpoint is not known. Whether its streams
 * have caught up is not asked: that is the steady state's business.
 */
export async function lookAtHealth({
  name,
  monitorUrl,
}: ClusterNode): Promise<NodeLook<'ok' | 'unwell' | 'unreachable'> | undefined> {
  if (monitorUrl === undefined) return undefined;
  const url = new URL('/healthz?js-server-only=true', monitorUrl);
  const at = `${name} ${url.href}`;
  // No AbortSignal.any over a timeout: Node 20 may collect the timeout, and the look would never end.
  const giveUp = new AbortController();
  const deadline = new Deadline(LOOK_TAKES_MS, () =>
    giveUp.abort(new Error(`no answer within ${LOOK_TAKES_MS} ms`)),
  );
  try {
    const response = await fetch(url, { signal: giveUp.signal, redirect: 'error' });
    const body = (await response.text()).trim().slice(0, 200);
    return { at, state: response.ok ? 'ok' : 'unwell', saw: `status ${response.status}: ${body}` };
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    return { at, state: 'unreachable', saw: codeOf(cause) ?? messageOf(cause ?? error) };
  } finally {
    deadline.clear();
  }
}
