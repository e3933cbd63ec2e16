import { NS, nowNs } from '../../base/clock.js';
import { seededRandom } from '../../base/random.js';
import { OPERATION_KINDS, type OperationKind } from '../../contracts/history.js';
import type { LoadKindFacts, LoadScene } from '../../contracts/load.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';
import type { StreamPlan } from '../../contracts/plan/streams.js';
import type { OperationRow } from '../../history/operation-row.js';
import type { SubjectEntry } from '../../history/subject-names.js';
import { COUNTER } from '../../metrics/load-recorder.js';
import type { MessageView } from '../../wire/parser.js';
import { emptyStamp, readStamp } from '../../wire/stamp.js';
import { AnsweredTraffic, FAILED, OK } from '../answered-traffic.js';
import type { Feed } from '../feed.js';
import { jetStreamProblems } from '../jetstream-problems.js';
import type { LoadKind, TrafficRun, TrafficSetting } from '../load-kind.js';
import { prefill } from '../prefill.js';
import { type PubAck, readPubAck } from '../pub-ack.js';
import { ScribeFeed } from '../scribe-feed.js';
import { shareOf } from '../worker-share.js';
import { bucketStream, KV_OPERATIONS, type KvParams, keyDigits, keyName, kvSchema } from './kv-schema.js';
import { COMPARE_AND_SET, GET, KvScribe } from './kv-scribe.js';
import { KvWatches } from './kv-watch.js';
import { readRevision } from './read-revision.js';

const facts: LoadKindFacts = {
  acknowledged: true,
  history: ['put', 'compare-and-set', 'get'],
  events: false,
  needsStream: false,
  schedules: ['open', 'max', 'closed'],
  measures: ['misses', 'conflicts', 'lag'],
};

const paramsOf = (load: LoadPlan): KvParams => load.params as KvParams;

/** Operations on a key-value bucket. */
export const kv: LoadKind = {
  kind: 'kv',
  summary: 'puts, gets, compare-and-sets and watches on a key-value bucket',
  facts,
  schema: kvSchema,
  findProblems: (load, scene) => jetStreamProblems(paramsOf(load).replicas, scene),
  streams: (load, scene) => [bucketPlan(paramsOf(load), scene)],
  prepare: async (load, { access, seed, signal }) => {
    const { prefill: isWanted, keys, bucket, size } = paramsOf(load);
    if (isWanted) {
      await prefill({
        access,
        what: `load ${load.name}: the bucket ${bucket}`,
        count: keys,
        subjectOf: (i) => `$KV.${bucket}.${keyName(i, keys)}`,
        payload: noise(seed, load.name, size),
        signal,
      });
    }
    return async () => {};
  },
  create: (setting) => new KvTraffic(setting),
};

/** Zeros would be compressed away where a bucket is compressed. */
function noise(seed: number, load: string, bytes: number): Buffer {
  const value = Buffer.allocUnsafe(bytes);
  seededRandom(seed, `prefill/${load}`).fill(value);
  // No stamp begins so: what was there before the load is nobody's operation.
  value[0] = 0;
  return value;
}

/** The stream behind a bucket, as clients of NATS make it (ADR-8). */
function bucketPlan(params: KvParams, scene: LoadScene): StreamPlan {
  const { bucket, replicas, storage = scene.defaultStorage, 'history-depth': depth } = params;
  return {
    name: bucketStream(bucket),
    subjects: [`$KV.${bucket}.>`],
    config: {
      retention: 'limits',
      storage,
      num_replicas: replicas,
      max_msgs_per_subject: depth,
      discard: 'new',
      allow_rollup_hdrs: true,
      deny_delete: true,
      allow_direct: true,
      ...(params['max-age'] !== undefined && { max_age: params['max-age'] }),
    },
  };
}

const CONFLICT = 'wrong last sequence';
const KIND_OF_OPERATION = KV_OPERATIONS.map((operation) => OPERATION_KINDS.indexOf(operation));

const WATCHES_CATCH_UP_NS = 10 * NS.s;

class KvTraffic extends AnsweredTraffic {
  readonly #params: KvParams;
  readonly #scribe: KvScribe;
  readonly #watches: KvWatches | undefined;
  readonly #ack: PubAck = { streamSequence: 0, duplicate: false };
  readonly #stamp = emptyStamp();
  readonly #knowsRevisions: boolean;
  /**
   * When the load of the whole run began: a value that was due before, or is not due yet, is of another run, with writers
   * of its own.
   */
  #sinceNs = 0;
  /** The highest stream sequence that was acknowledged. */
  #lastStored = 0;
  #endedNs = 0;

  constructor(setting: TrafficSetting) {
    super(setting);
    const { load, worker, writer, random } = setting;
    const params = paramsOf(load);
    this.#params = params;
    this.#knowsRevisions = params.mix[KV_OPERATIONS[COMPARE_AND_SET]!] > 0;
    this.#scribe = new KvScribe({ params, inbox: this.inbox, writer, window: this.window, random });
    const watchers = worker < params.watchers ? shareOf(params.watchers, worker, load.workers) : 0;
    if (watchers > 0) this.#watches = new KvWatches(setting, params.bucket, watchers);
  }

  protected override get answerName(): string {
    return 'answer';
  }

  protected override get historyKinds(): readonly OperationKind[] {
    const { mix } = paramsOf(this.setting.load);
    return KV_OPERATIONS.filter((operation) => mix[operation] > 0);
  }

  protected override get historySubjects(): readonly SubjectEntry[] {
    const { bucket, keys } = this.#params;
    return [{ prefix: `$KV.${bucket}.k`, digits: keyDigits(keys), count: keys }];
  }

  protected override describe(slot: number, row: OperationRow): void {
    const { operation, key, expected } = this.#scribe;
    const itsOperation = operation[slot]!;
    row.kind = KIND_OF_OPERATION[itsOperation]!;
    row.subject = key[slot]!;
    if (itsOperation === COMPARE_AND_SET) row.detail = expected[slot]!;
  }

  protected override isTo(subject: string, slot: number): boolean {
    return this.#scribe.subjectOf(slot) === subject;
  }

  protected override makeFeed(): Feed {
    return new ScribeFeed(this.setting, this.connection, this.window, this.#scribe);
  }

  /** At the end, the watches have a while to come to the last value that was stored. */
  override get inFlight(): number {
    const isPatient = this.#endedNs === 0 || nowNs() - this.#endedNs < WATCHES_CATCH_UP_NS;
    return super.inFlight + (isPatient ? (this.#watches?.behind(this.#lastStored) ?? 0) : 0);
  }

  windDown(atNs: number): void {
    this.#endedNs = atNs;
  }

  override async open(): Promise<void> {
    await super.open();
    await this.#watches?.open();
  }

  override begin(run: TrafficRun): void {
    super.begin(run);
    this.#sinceNs = run.startNs - this.setting.load.atNs;
    this.#watches?.begin(run);
  }

  override flush(): void {
    super.flush();
    this.#watches?.tend();
  }

  override async close(): Promise<void> {
    await this.#watches?.close();
    await super.close();
  }

  protected override onAnswer(view: MessageView, slot: number): void {
    const { operation, key, revision } = this.#scribe;
    if (operation[slot] === GET) {
      this.#onGot(view, slot);
      return;
    }
    const { buffer, headerStart, payloadStart, payloadEnd } = view;
    const ack = this.#ack;
    if (headerStart === payloadStart && readPubAck(buffer, payloadStart, payloadEnd, ack)) {
      if (this.#knowsRevisions) revision[key[slot]!] = ack.streamSequence;
      this.#lastStored = Math.max(this.#lastStored, ack.streamSequence);
      this.succeed(slot, ack.streamSequence);
    } else if (operation[slot] === COMPARE_AND_SET) {
      this.#onNotSet(view, slot);
    } else {
      this.refuse(view, slot);
    }
  }

  #onGot(view: MessageView, slot: number): void {
    const { buffer, headerStart, payloadStart } = view;
    const { key, revision } = this.#scribe;
    if (headerStart === payloadStart) {
      this.refuse(view, slot);
    } else if (!isStatus(buffer, headerStart)) {
      const read = readRevision(buffer, headerStart, payloadStart);
      if (this.#knowsRevisions) revision[key[slot]!] = read;
      this.#readValue(view);
      this.succeed(slot, read);
    } else if (isNotFound(buffer, headerStart)) {
      this.run.recorder.count(COUNTER.misses, this.window.phase[slot]!, 1);
      this.succeed(slot, 0);
    } else {
      this.refuse(view, slot);
    }
  }

  /** Whose value it is, if it is one of this run's. */
  #readValue({ buffer, payloadStart, payloadEnd }: MessageView): void {
    const stamp = this.#stamp;
    if (!readStamp(buffer, payloadStart, payloadEnd - payloadStart, stamp)) return;
    if (stamp.dueNs < this.#sinceNs || stamp.dueNs > this.readNs) return;
    this.row.valueWriter = stamp.writer;
    this.row.valueSequence = stamp.sequence;
  }

  /** Somebody else was there first: an answer as good as any, and it says which revision the key has now. */
  #onNotSet(view: MessageView, slot: number): void {
    const { buffer, payloadStart, payloadEnd } = view;
    const text = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength).toString(
      'utf8',
      payloadStart,
      payloadEnd,
    );
    // A leader that has the other's write in flight answers 10164, and does not say which revision that will be.
    const wrong = /"err_code":(?:10071|10164),"description":"wrong last sequence(?:: (\d+))?"/.exec(text);
    if (!wrong) {
      this.refuse(view, slot);
      return;
    }
    const told = wrong[1] === undefined ? 0 : Number(wrong[1]);
    if (wrong[1] !== undefined) this.#scribe.revision[this.#scribe.key[slot]!] = told;
    this.run.recorder.count(COUNTER.conflicts, this.window.phase[slot]!, 1);
    // For the load an answer; the history has it that the key was not set.
    this.end(slot, OK, this.readNs, told, CONFLICT, FAILED);
  }
}

const SPACE = 0x20;
const VERSION_BYTES = 'NATS/1.0'.length;
const NOT_FOUND = Buffer.from(' 404');

/** A header that begins with a status, `NATS/1.0 404 …`, instead of ending its first line. */
const isStatus = (buffer: Uint8Array, headerStart: number): boolean =>
  buffer[headerStart + VERSION_BYTES] === SPACE;

const isNotFound = (buffer: Uint8Array, headerStart: number): boolean =>
  NOT_FOUND.every((byte, i) => buffer[headerStart + VERSION_BYTES + i] === byte);
