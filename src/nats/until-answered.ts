import { JetStreamApiError } from '@nats-io/jetstream';
import { NS, nowNs, sleep } from '../base/clock.js';
import { isJetStreamOff } from './jetstream-errors.js';

/** How long a cluster may take to find room and a leader; two elections may be needed. */
const ANSWERED_WITHIN_MS = 20_000;
/** How long nobody may answer for JetStream before it counts as switched off. */
const SWITCHED_OFF_AFTER_MS = 2000;
const ASK_AGAIN_MS = 200;
/** "No suitable peers for placement": a 400 that passes once every node of a young cluster is known. */
const NO_SUITABLE_PEERS = 10005;

/**
 * What JetStream answers. A question to a cluster that elects, or is only busy, may get lost: it is asked again, for 20 s,
 * while nobody answers, nobody leads or there is no room yet; asked twice, it must do no more than asked once. Rejects
 * with any other refusal at once, and with the last failure when the time is up.
 */
export async function untilAnswered<T>(ask: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const startNs = nowNs();
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await ask();
    } catch (thrown) {
      if (nowNs() - startNs >= patienceMs(thrown) * NS.ms) throw thrown;
    }
    await sleep(ASK_AGAIN_MS, signal);
  }
}

/** A cluster that has just come up may have no leader or no room yet; a request that is wrong stays wrong. */
function patienceMs(thrown: unknown): number {
  if (isJetStreamOff(thrown)) return SWITCHED_OFF_AFTER_MS;
  if (!(thrown instanceof JetStreamApiError)) return ANSWERED_WITHIN_MS;
  return thrown.status === 503 || thrown.code === NO_SUITABLE_PEERS ? ANSWERED_WITHIN_MS : 0;
}
