import { NS, sleep } from '../base/clock.js';
import { waitFor } from '../base/wait.js';
import type { ClusterNode } from '../contracts/cluster.js';
import type { Fault, FaultContext, FaultKind } from '../contracts/fault.js';
import { evidenceOf, type HeldLook, lookAtProcess, lookForUp } from './held-looks.js';
import { lookAtClientPort } from './node-looks.js';
import { type RollingRestartParams, rollingRestartSchema } from './rolling-restart-schema.js';
import { runningInstance } from './running-instance.js';
import { lookForNewStart, readServerStart, type ServerStart } from './server-start.js';

/** What each node gets to end, and then to be healthy and current again. */
const ENDED_WITHIN_MS = 45_000;
const MORE_LOOKS_AT_OTHERS = 2;
const BETWEEN_LOOKS_MS = 500;
const HEALTHY_WITHIN_MS = 120_000;
const HIGHEST_NODES = 64;

/**
 * Restarts one target after the other, each when the one before is healthy again, with another version if told:
 * an upgrade as it should be done. Over when the last one is back.
 */
export const rollingRestart = {
  kind: 'rolling-restart',
  summary:
    'restarts one node after the other, each when the one before is healthy again, with another version if told',
  needs: ['process-control'],
  needsWith: (params) => [
    ...(params['to-version'] === undefined ? [] : (['membership'] as const)),
    ...(params.signal === 'SIGUSR2' ? (['process-signals'] as const) : []),
  ],
  claims: ['process'],
  takesDown: () => 'one-at-a-time',
  serverVersions: (params) => [params['to-version']].filter((version) => typeof version === 'string'),
  schema: rollingRestartSchema,
  durationKey: null,
  defaultTarget: 'all',
  create: (params) => rolling(params as unknown as RollingRestartParams),
} satisfies FaultKind & {
  readonly schema: typeof rollingRestartSchema;
  readonly durationKey: null;
  readonly defaultTarget: string;
  takesDown(): 'one-at-a-time';
};

interface Before {
  readonly instance: string;
  readonly start: ServerStart | undefined;
}

function rolling({ signal, pause, 'to-version': version }: RollingRestartParams): Fault {
  const before = new Map<string, Before>();
  /** What the others said while each was down. */
  const meanwhile: HeldLook[] = [];

  const restart = async (context: FaultContext, node: ClusterNode): Promise<void> => {
    const { cluster, targets, signal: until } = context;
    const { name } = node;
    before.set(name, {
      instance: await runningInstance(cluster, name),
      start: await readServerStart(node, until),
    });
    if (version !== undefined) cluster.membership?.setVersion(name, version);
    await cluster.signal(name, signal);
    const isDown = async () => (await cluster.lookAtProcess(name)).state === 'down';
    if (!(await waitFor(isDown, { timeoutMs: ENDED_WITHIN_MS, everyMs: 10, signal: until }))) {
      throw new Error(`node ${name} still runs ${ENDED_WITHIN_MS / 1000} s after ${signal}`);
    }
    // It is down until it is started: a busy machine may take a moment to show that the others serve.
    let others = await lookAtOthers(name, targets);
    for (let more = MORE_LOOKS_AT_OTHERS; more > 0 && !others.holds; more--) {
      await sleep(BETWEEN_LOOKS_MS, until);
      others = await lookAtOthers(name, targets);
    }
    meanwhile.push(others);
    await cluster.startNode(name);
    await untilHealthy(context, node);
  };

  return {
    // As many nodes as there may be, and each as long as it may take.
    injectWithinNs: HIGHEST_NODES * ((ENDED_WITHIN_MS + HEALTHY_WITHIN_MS) * NS.ms + pause),

    impact: ({ targets }) => ({ down: targets.map(({ name }) => name), oneAtATime: true, cuts: [] }),

    async prepare({ cluster, targets }) {
      for (const { name } of targets) await runningInstance(cluster, name);
      return targets.map(({ name }) => cluster.startRecord(name));
    },

    async inject(context) {
      for (const [i, node] of context.targets.entries()) {
        if (i > 0 && pause > 0) await sleep(pause / NS.ms, context.signal);
        context.signal.throwIfAborted();
        await restart(context, node);
      }
    },

    async observe({ cluster, targets }, stage) {
      const looks = targets.map(async (node) => {
        if (stage !== 'during') return lookForUp(cluster, node);
        const was = before.get(node.name);
        const fresh = await lookAtProcess(
          cluster,
          node.name,
          ({ state, instance }) => was !== undefined && state === 'running' && instance !== was.instance,
        );
        return [fresh, ...(await lookForNewStart(node, was?.start, version))];
      });
      const seen = (await Promise.all(looks)).flat();
      return evidenceOf(stage === 'during' ? [...meanwhile, ...seen] : seen);
    },
  };
}

/** One after the other means that all others are there while one is not. */
async function lookAtOthers(name: string, targets: readonly ClusterNode[]): Promise<HeldLook> {
  const others = targets.filter((other) => other.name !== name);
  const states = await Promise.all(others.map(lookAtClientPort));
  const served = others.filter((_, i) => states[i]?.state === 'speaks').map((other) => other.name);
  const saw =
    others.length === 0 ? 'nobody else was to be restarted' : `served by ${served.join(', ') || 'nobody'}`;
  return { at: `the others while ${name} was down`, saw, holds: served.length === others.length };
}

/** Waits until the whole system is steady: the node well and caught up, and no other away that would leave with the next. */
async function untilHealthy(
  { control, cluster, signal }: FaultContext,
  { name }: ClusterNode,
): Promise<void> {
  let lacking = 'nothing was seen yet';
  const healthy = await waitFor(
    async () => {
      const { state, saw } = await cluster.lookAtProcess(name);
      if (state !== 'running') {
        lacking = saw;
        return false;
      }
      const { steady, probes } = await control.steadyState([]);
      lacking = probes
        .filter(({ holds }) => !holds)
        .map(({ probe, saw: seen }) => `${probe}: ${seen}`)
        .join('; ');
      return steady;
    },
    { timeoutMs: HEALTHY_WITHIN_MS, everyMs: 100, signal },
  );
  if (!healthy)
    throw new Error(`not healthy ${HEALTHY_WITHIN_MS / 1000} s after node ${name} was started: ${lacking}`);
}
