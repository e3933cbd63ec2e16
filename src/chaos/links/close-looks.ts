import { NS, nowNs } from '../../base/clock.js';
import { waitFor } from '../../base/wait.js';
import type { FaultStage } from '../../contracts/fault.js';
import { CLIENTS, type Direction } from '../../contracts/links.js';
import type { ServerAddress } from '../../contracts/load.js';
import { isClientOpen } from '../../nats/endpoints.js';
import { wayText } from './link-choice.js';
import { formatMs, type LinkLook, type LinkScene } from './link-looks.js';
import { probeSocket } from './probe-socket.js';
import { SeenBefore } from './seen-before.js';

/** What nothing holds up is seen within this time, on a machine that has other things to do. */
const PATIENCE_MS = 1_000;
/** No server understands it: it says so, and ends the connection. */
const NONSENSE = 'STORMGLASS\r\nSTORMGLASS\r\n';

/**
 * Opens plain connections through links and times how long after one side has closed them the other sees it: the server
 * is made to close on the ways from it; on those to it we do, and the server is asked whether it still has a client of
 * that id.
 */
export class CloseLooks {
  readonly #delayMs: number;
  readonly #beforeMs = new Map<string, number>();
  readonly #seen = new SeenBefore();

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  async look(scene: LinkScene, stage: FaultStage): Promise<readonly LinkLook[]> {
    const forMs = PATIENCE_MS + (stage === 'during' ? this.#delayMs : 0);
    const times = new Map(
      await Promise.all(
        scene.ways.map(async (way) => [wayText(way), await timeClose(scene, way, forMs)] as const),
      ),
    );
    if (stage === 'before') {
      this.#beforeMs.clear();
      for (const [way, ms] of times) if (ms !== undefined) this.#beforeMs.set(way, ms);
    }
    return this.#seen.judge(scene, stage, (way) => this.#judge(way, times.get(wayText(way)), stage));
  }

  #judge(way: Direction, tookMs: number | undefined, stage: FaultStage): LinkLook {
    const at = `close ${wayText(way)}`;
    if (tookMs === undefined) return { at, saw: 'is not seen', holds: false };
    const wasMs = this.#beforeMs.get(wayText(way)) ?? 0;
    const boundMs = wasMs + this.#delayMs / 2;
    const saw = `is seen after ${formatMs(tookMs)}`;
    if (stage === 'during')
      return { at, saw: `${saw}; before, ${formatMs(wasMs)}`, holds: tookMs >= boundMs };
    return { at, saw, holds: stage === 'before' || tookMs < boundMs };
  }
}

/** How long after the close at one end of a way the other sees it; `undefined` when it does not in time. */
async function timeClose(
  { links, context }: LinkScene,
  way: Direction,
  forMs: number,
): Promise<number | undefined> {
  const isOurs = way.from === CLIENTS;
  const dialled = isOurs ? way : { from: way.to, to: way.from };
  const entrance = await links.entrance?.(dialled);
  if (entrance === undefined) return undefined;
  if (isOurs) {
    const { monitorUrl } = context.cluster.node(way.to);
    return monitorUrl === undefined ? undefined : timeOurClose(entrance, monitorUrl, forMs, context.signal);
  }
  const { end, tookMs } = await probeSocket(entrance, { say: NONSENSE, forMs });
  return end === 'closed' ? tookMs : undefined;
}

const CLIENT_ID = /"client_id":(\d+)/;

async function timeOurClose(
  entrance: ServerAddress,
  monitorUrl: string,
  forMs: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { heard } = await probeSocket(entrance, {
    forMs: PATIENCE_MS,
    until: (text) => text.includes('\r\n'),
  });
  const id = CLIENT_ID.exec(heard)?.[1];
  if (id === undefined) return undefined;
  const startNs = nowNs();
  const isGone = await waitFor(async () => !(await isClientOpen(monitorUrl, Number(id))), {
    timeoutMs: forMs,
    everyMs: 10,
    signal,
  });
  return isGone ? (nowNs() - startNs) / NS.ms : undefined;
}
