import type { JetStreamManager, StreamConfig, StreamInfo } from '@nats-io/jetstream';
import { messageOf, PreflightError } from '../base/errors.js';
import type { StreamPlan } from '../contracts/plan/streams.js';
import { isJetStreamOff, isStreamNotFound } from './jetstream-errors.js';
import { untilAnswered } from './until-answered.js';

/** The stream as the server describes it; undefined when there is none. Rejects when nobody can say. */
export async function streamInfo(jsm: JetStreamManager, stream: string): Promise<StreamInfo | undefined> {
  try {
    return await jsm.streams.info(stream);
  } catch (thrown) {
    if (isStreamNotFound(thrown)) return undefined;
    throw thrown;
  }
}

/** The key in a stream's metadata that says which run created it. */
export const STREAM_MARK = 'stormglass-run';

/**
 * Creates the streams that are not there, with the mark in their metadata if one is given, and returns the names of
 * those it created; all of them, or a PreflightError.
 */
export async function createStreams(
  jsm: JetStreamManager,
  streams: readonly StreamPlan[],
  mark?: string,
): Promise<readonly string[]> {
  const created: string[] = [];
  try {
    for (const stream of streams) {
      if (await createStream(jsm, stream, mark)) created.push(stream.name);
    }
  } catch (thrown) {
    // Nobody is told of those that were created, so nobody else would remove them.
    await removeStreams(jsm, created).catch(() => {});
    throw thrown;
  }
  return created;
}

/** True when it was created here, false when it was there. An answer may be lost on the way: then look again. */
async function createStream(
  jsm: JetStreamManager,
  plan: StreamPlan,
  mark: string | undefined,
): Promise<boolean> {
  const config = { ...plan.config, name: plan.name, subjects: [...plan.subjects] };
  let hasAsked = false;
  const findOrAdd = async () => {
    const existing = await streamInfo(jsm, plan.name);
    if (existing) return existing;
    hasAsked = true;
    await jsm.streams.add((mark === undefined ? config : marked(config, mark)) as StreamConfig);
    return undefined;
  };
  let existing: StreamInfo | undefined;
  try {
    existing = await untilAnswered(findOrAdd);
  } catch (thrown) {
    throw new PreflightError(`stream ${plan.name} cannot be created: ${messageOf(thrown)}`, {
      cause: thrown,
      ...(isJetStreamOff(thrown)
        ? { hint: 'Enable JetStream on the servers, and for the account that is used.' }
        : {}),
    });
  }
  if (existing === undefined) return true;
  refuseOtherConfiguration(config, existing);
  return hasAsked;
}

const marked = (config: Readonly<Record<string, unknown>>, mark: string): Record<string, unknown> => ({
  ...config,
  metadata: { ...(config.metadata as Record<string, string> | undefined), [STREAM_MARK]: mark },
});

/** What a stream keeps when nobody says otherwise: one that removes messages unasked would look like one that loses them. */
const KEEPS_ALL = {
  retention: 'limits',
  max_age: 0,
  max_bytes: -1,
  max_msgs: -1,
  max_msgs_per_subject: -1,
};

/** Compares the few fields that decide what a run may conclude; servers fill in and normalize the others. */
function refuseOtherConfiguration(given: Readonly<Record<string, unknown>>, existing: StreamInfo): void {
  const differs: string[] = [];
  const asked: Readonly<Record<string, unknown>> = { ...KEEPS_ALL, ...given };
  for (const field of ['subjects', 'num_replicas', 'storage', ...keysOf(KEEPS_ALL)] as const) {
    if (asked[field] === undefined) continue;
    const want = canonical(asked[field]);
    const have = canonical(existing.config[field]);
    if (want !== have) differs.push(`${field} is ${have}, not ${want}`);
  }
  if (differs.length === 0) return;
  const name = existing.config.name;
  throw new PreflightError(`stream ${name} exists with another configuration: ${differs.join('; ')}`, {
    hint: 'Remove the stream, or describe it in the scenario as it is.',
  });
}

const keysOf = <T extends object>(value: T) => Object.keys(value) as (keyof T)[];

/** 0 and -1 are both no limit. */
const canonical = (value: unknown): string =>
  JSON.stringify(Array.isArray(value) ? [...value].sort() : value === -1 ? 0 : value);

/** Removes the streams; those that are not there are removed already. */
export async function removeStreams(jsm: JetStreamManager, names: readonly string[]): Promise<void> {
  for (const name of names) {
    try {
      await jsm.streams.delete(name);
    } catch (thrown) {
      if (isStreamNotFound(thrown)) continue;
      throw new Error(`stream ${name} could not be removed: ${messageOf(thrown)}`, { cause: thrown });
    }
  }
}
