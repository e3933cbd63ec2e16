import type { NatsConnection } from '@nats-io/transport-node';
import { messageOf, PreflightError } from '../../base/errors.js';
import type { LoadKindFacts, LoadProblem } from '../../contracts/load.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';
import { connectControl } from '../../nats/connect.js';
import { removeMarkedStreams } from '../../nats/remove-marked-stream.js';
import { CalledTraffic } from '../called-traffic.js';
import { jetStreamProblems } from '../jetstream-problems.js';
import type { LoadKind } from '../load-kind.js';
import { prefixOf, StreamWorks } from './stream-works.js';
import { type StreamsParams, streamsSchema } from './streams-schema.js';

const facts: LoadKindFacts = {
  acknowledged: true,
  history: [],
  events: false,
  needsStream: false,
  schedules: ['open', 'max', 'closed', 'follow'],
};

const paramsOf = (load: LoadPlan): StreamsParams => load.params as StreamsParams;

/** Creates streams and consumers and fills them: as a load, call by call, or before the load. */
export const streams: LoadKind = {
  kind: 'streams',
  summary: 'creates streams, consumers and messages by the thousand, as load or before it',
  facts,
  schema: streamsSchema,
  findProblems: (load, scene) => [
    ...scheduleProblems(load),
    ...shareProblems(load),
    ...jetStreamProblems(paramsOf(load).replicas, scene),
  ],
  preparesOnly: (load) => paramsOf(load)['before-load'],
  prepare: async (load, { access, runId, scene, signal, recordUndo }) => {
    const prefix = prefixOf(runId, load.name);
    if (scene.isExternal) {
      recordUndo({
        kind: 'remove-streams',
        id: `streams-${load.name}`,
        what: `remove the streams ${prefix}…`,
        manual: `nats stream ls --names | grep '^${prefix}' | xargs -n 1 nats stream rm --force`,
        prefix,
        servers: access.servers,
        mark: runId,
      });
    }
    if (paramsOf(load)['before-load']) {
      const nats = await connectControl(access, { name: 'stormglass-prefill' });
      try {
        const works = await StreamWorks.open(nats, load, runId);
        for (let step = 0; step < works.steps * paramsOf(load).streams; step++) {
          signal.throwIfAborted();
          await works.perform(step, 0, 1);
        }
      } catch (thrown) {
        if (signal.aborted || thrown instanceof PreflightError) throw thrown;
        const message = `load ${load.name}: its streams cannot be made: ${messageOf(thrown)}`;
        throw new PreflightError(message, { cause: thrown });
      } finally {
        await nats.close();
      }
    }
    return async () => {
      if (scene.isExternal) await removeMarkedStreams(access, prefix, runId);
    };
  },
  create: (setting) => new StreamsTraffic(setting),
};

function scheduleProblems(load: LoadPlan): readonly LoadProblem[] {
  const isBefore = paramsOf(load)['before-load'];
  if (isBefore === (load.schedule.mode === 'follow')) return [];
  return isBefore
    ? [
        {
          key: 'before-load',
          message: 'what is made before the load has no rate',
          hint: 'Leave out the rate, or `before-load`.',
        },
      ]
    : [
        {
          message: 'the load says no rate',
          hint: 'Write `rate: 50/s` with `for: 60s`, or `before-load: true`.',
        },
      ];
}

/** Each worker has streams of its own, so that none removes what another is filling. */
function shareProblems(load: LoadPlan): readonly LoadProblem[] {
  const { streams } = paramsOf(load);
  if (streams >= load.workers) return [];
  const message = `${streams} streams cannot be shared by ${load.workers} workers: each has at least one`;
  return [{ key: 'streams', message, hint: 'Raise it, or lower `workers`.' }];
}

class StreamsTraffic extends CalledTraffic {
  #works: StreamWorks | undefined;

  get meanBytes(): number {
    const { messages, size, consumers } = paramsOf(this.setting.load);
    return messages === 0 ? 0 : (messages * size) / (2 + consumers);
  }

  protected override async prepare(nats: NatsConnection): Promise<void> {
    this.#works = await StreamWorks.open(nats, this.setting.load, this.setting.runId);
  }

  protected override perform(call: number): Promise<number> {
    const { load, worker } = this.setting;
    return this.#works!.perform(call, worker, load.workers);
  }
}
