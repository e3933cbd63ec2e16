import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { messageOf, PreflightError } from '../../base/errors.js';
import { withDeadline } from '../../base/wait.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';
import { connectControl } from '../../nats/connect.js';
import { untilAnswered } from '../../nats/until-answered.js';
import type { PrepareContext } from '../load-kind.js';
import { NEEDED_SETTING, streamsOf } from './find-problems.js';
import type { JsPublishParams } from './js-publish-schema.js';

const CALL_MS = 4000;
/** The first versions of nats-server that take such batches. */
const SINCE = { atomic: '2.12.0', fast: '2.14.0' } as const;

/** Sees that servers and streams take the batches of a load; nothing has to be taken away. Rejects with a PreflightError. */
export async function prepareBatches(
  load: LoadPlan,
  { access, scene, signal }: PrepareContext,
): Promise<() => Promise<void>> {
  const { mode } = load.params as JsPublishParams;
  if (mode !== 'atomic' && mode !== 'fast') return async () => {};
  const nc = await connectControl(access, { name: `stormglass-${load.name}` });
  try {
    const version = nc.info?.version ?? '0';
    if (isOlder(version, SINCE[mode])) {
      throw new PreflightError(
        `load ${load.name}: mode ${mode} needs nats-server ${SINCE[mode]} or later, and this is ${version}`,
      );
    }
    const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: CALL_MS });
    for (const { name } of streamsOf(load, scene)) {
      const config = await streamConfig(jsm, name, signal);
      if (config[NEEDED_SETTING[mode]] === true) continue;
      throw new PreflightError(`load ${load.name}: the stream ${name} takes no such batches`, {
        hint: `it needs ${NEEDED_SETTING[mode]}: true; an old stream may have it set by \`nats stream edit\``,
      });
    }
  } finally {
    await withDeadline(nc.close(), CALL_MS, 'closing the connection').catch(() => {});
  }
  return async () => {};
}

async function streamConfig(
  jsm: JetStreamManager,
  name: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    const { config } = await untilAnswered(() => jsm.streams.info(name), signal);
    return { ...config };
  } catch (thrown) {
    signal.throwIfAborted();
    throw new PreflightError(`the stream ${name} cannot be asked about: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
}

/** By the numbers of two versions; what stands behind them, as in 2.14.0-RC.1, is passed over. */
export function isOlder(version: string, than: string): boolean {
  const numbers = (text: string) => text.split(/[.-]/, 3).map((part) => Number.parseInt(part, 10) || 0);
  const [a, b] = [numbers(version), numbers(than)];
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return (a[i] ?? 0) < (b[i] ?? 0);
  return false;
}
