import {
  type ConsumerConfig,
  type ConsumerInfo,
  type JetStreamManager,
  jetstreamManager,
  type StreamInfo,
} from '@nats-io/jetstream';
import { messageOf, PreflightError } from '../../base/errors.js';
import { NS } from '../../base/nanoseconds.js';
import { filtersOverlap } from '../../base/subjects.js';
import { withDeadline } from '../../base/wait.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';
import { connectControl } from '../../nats/connect.js';
import { isConsumerNotFound, isStreamNotFound } from '../../nats/jetstream-errors.js';
import { untilAnswered } from '../../nats/until-answered.js';
import type { PrepareContext } from '../load-kind.js';
import { acksOf, type JsConsumeParams } from './js-consume-schema.js';

const CALL_MS = 4000;
const INACTIVE_NS = 300 * NS.s;

/** The names of the consumers that a worker pulls from; for those that all share, the same for each. */
export function consumerNames(load: LoadPlan, runId: string, worker: number): readonly string[] {
  const params = load.params as JsConsumeParams;
  const { durable = `stormglass-${runId}-${load.name}`, consumers } = params;
  const ofWorker = params['per-worker'] ? `-w${worker}` : '';
  return Array.from({ length: consumers }, (_, i) => `${durable}${ofWorker}${consumers > 1 ? `-${i}` : ''}`);
}

/** Those that another load may read from, too, `STREAM > CONSUMER`: they have names that the scenario gives. */
export function namedConsumers(load: LoadPlan): readonly string[] {
  const { stream, durable } = load.params as JsConsumeParams;
  if (durable === undefined) return [];
  const workers = Array.from({ length: load.workers }, (_, worker) => worker);
  const names = workers.flatMap((worker) => consumerNames(load, '', worker));
  return [...new Set(names)].map((name) => `${stream} > ${name}`);
}

/**
 * Makes the consumers of a load; resolves to what removes those that were not there before. A mode that makes its own
 * only needs the stream. Rejects with a PreflightError.
 */
export async function prepareConsumers(
  load: LoadPlan,
  context: PrepareContext,
): Promise<() => Promise<void>> {
  const { access, runId, signal } = context;
  const params = load.params as JsConsumeParams;
  const { stream, mode } = params;
  const nc = await connectControl(access, { name: `stormglass-${load.name}` });
  const made: string[] = [];
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: CALL_MS });
    const info = await askStream(jsm, stream, load.name, signal);
    refuseStrayFilter(load, info);
    if (mode !== 'ordered') {
      const workers = params['per-worker'] ? load.workers : 1;
      for (let worker = 0; worker < workers; worker++) {
        for (const name of consumerNames(load, runId, worker)) {
          signal.throwIfAborted();
          if (await make(jsm, load, name, info, signal)) made.push(name);
        }
      }
    }
  } finally {
    await withDeadline(nc.close(), CALL_MS, 'closing the connection').catch(() => {});
  }
  // What we started is thrown away as a whole.
  return context.scene.isExternal ? () => remove(context, stream, made) : async () => {};
}

async function askStream(
  jsm: JetStreamManager,
  stream: string,
  load: string,
  signal: AbortSignal,
): Promise<StreamInfo> {
  try {
    return await untilAnswered(() => jsm.streams.info(stream), signal);
  } catch (thrown) {
    signal.throwIfAborted();
    if (!isStreamNotFound(thrown)) {
      throw new PreflightError(
        `load ${load}: the stream ${stream} cannot be asked about: ${messageOf(thrown)}`,
        {
          cause: thrown,
        },
      );
    }
    throw new PreflightError(`load ${load}: there is no stream ${stream} on these servers`, {
      cause: thrown,
      hint: 'Describe it under `streams`, so that it is made, or name one that is there.',
    });
  }
}

/** A server takes a filter that nothing can match, and delivers nothing. */
function refuseStrayFilter(load: LoadPlan, { config }: StreamInfo): void {
  const { filter } = load.params as JsConsumeParams;
  if (config.mirror || config.sources) return;
  const stray = filter?.find((one) => !config.subjects.some((subject) => filtersOverlap(subject, one)));
  if (stray === undefined) return;
  throw new PreflightError(`load ${load.name}: ${config.name} has no messages of \`${stray}\``, {
    hint: `Its subjects are: ${config.subjects.join(', ')}.`,
  });
}

/** True when it was made here. */
async function make(
  jsm: JetStreamManager,
  load: LoadPlan,
  name: string,
  of: StreamInfo,
  signal: AbortSignal,
): Promise<boolean> {
  const params = load.params as JsConsumeParams;
  const { stream } = params;
  const config = consumerConfig(load, name, of);
  const existing = await infoOf(jsm, stream, name, signal);
  if (existing) {
    refuseOther(load.name, name, config, existing);
    return false;
  }
  try {
    await untilAnswered(() => jsm.consumers.add(stream, config), signal);
  } catch (thrown) {
    signal.throwIfAborted();
    throw new PreflightError(
      `load ${load.name}: the consumer ${name} of ${stream} cannot be made: ${messageOf(thrown)}`,
      { cause: thrown },
    );
  }
  return true;
}

async function infoOf(
  jsm: JetStreamManager,
  stream: string,
  name: string,
  signal: AbortSignal,
): Promise<ConsumerInfo | undefined> {
  try {
    return await untilAnswered(() => jsm.consumers.info(stream, name), signal);
  } catch (thrown) {
    signal.throwIfAborted();
    if (isConsumerNotFound(thrown)) return undefined;
    throw new PreflightError(
      `the consumer ${name} of ${stream} cannot be asked about: ${messageOf(thrown)}`,
      {
        cause: thrown,
      },
    );
  }
}

const DELIVER_POLICY = {
  all: 'all',
  new: 'new',
  last: 'last',
  'last-per-subject': 'last_per_subject',
  'by-start-sequence': 'by_start_sequence',
} as const;

/** Where a consumer begins, as fields of its configuration. */
export const deliverFrom = (params: JsConsumeParams): Record<string, unknown> => ({
  deliver_policy: DELIVER_POLICY[params.deliver],
  ...(params['start-sequence'] !== undefined && { opt_start_seq: params['start-sequence'] }),
});

/** What a consumer filters, as fields of its configuration. */
export const filterFields = ({ filter }: JsConsumeParams): Record<string, unknown> => ({
  ...(filter?.length === 1 && { filter_subject: filter[0] }),
  ...(filter !== undefined && filter.length > 1 && { filter_subjects: [...filter] }),
});

/** The replicas are said outright: a server gives a consumer that is not durable one, whatever its stream has. */
function consumerConfig(load: LoadPlan, name: string, of: StreamInfo): Partial<ConsumerConfig> {
  const params = load.params as JsConsumeParams;
  const { replicas, storage } = params;
  const ack = acksOf(params);
  const config = {
    durable_name: name,
    ack_policy: ack === 'sync' ? 'explicit' : ack,
    ...deliverFrom(params),
    ...filterFields(params),
    ...(ack !== 'none' && { max_ack_pending: params['max-ack-pending'], ack_wait: params['ack-wait'] }),
    ...(params['max-deliver'] !== undefined && { max_deliver: params['max-deliver'] }),
    num_replicas: replicas ?? of.config.num_replicas,
    mem_storage: (storage ?? of.config.storage) === 'memory',
    inactive_threshold: params['inactive-threshold'] ?? INACTIVE_NS + load.atNs,
  };
  return config as Partial<ConsumerConfig>;
}

/** One that is there is used as it is, so long as it does what the load is told to measure. */
function refuseOther(
  load: string,
  name: string,
  asked: Partial<ConsumerConfig>,
  { config }: ConsumerInfo,
): void {
  const differs: string[] = [];
  if (config.deliver_subject) differs.push('it pushes');
  if (config.ack_policy !== asked.ack_policy) {
    differs.push(`its ack_policy is ${config.ack_policy}, not ${asked.ack_policy}`);
  }
  const filters = ({ filter_subject, filter_subjects }: Partial<ConsumerConfig>): string =>
    [...(filter_subjects ?? (filter_subject ? [filter_subject] : []))].sort().join(', ') || 'none';
  if (filters(config) !== filters(asked)) {
    differs.push(`its filter is ${filters(config)}, not ${filters(asked)}`);
  }
  if (differs.length === 0) return;
  throw new PreflightError(`load ${load}: the consumer ${name} exists, and ${differs.join('; ')}`, {
    hint: 'Describe it as it is, give another name, or remove it.',
  });
}

async function remove({ access }: PrepareContext, stream: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const nc = await connectControl(access, { name: 'stormglass-consumers' });
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: CALL_MS });
    for (const name of names) {
      try {
        await jsm.consumers.delete(stream, name);
      } catch (thrown) {
        if (isStreamNotFound(thrown) || isConsumerNotFound(thrown)) continue;
        throw new Error(`the consumer ${name} could not be removed: ${messageOf(thrown)}`, { cause: thrown });
      }
    }
  } finally {
    await withDeadline(nc.close(), CALL_MS, 'closing the connection').catch(() => {});
  }
}
