import type { Random } from '../../base/random.js';
import type { EventKind } from '../../contracts/plan/events.js';
import type { RecordFilePlan } from '../../contracts/plan/record-file.js';
import { FrameBlock } from '../../wire/frame-block.js';
import { type FrameDraft, FrameEncoder, type FrameShape } from '../../wire/frame-encoder.js';
import { drawMix } from '../../wire/frame-mix.js';
import { FrameRing } from '../../wire/frame-ring.js';
import { NO_TEXT } from '../../wire/frame-text.js';
import { meanSize } from '../../wire/size-quantile.js';
import { RecordSource } from './record-source.js';

export interface RecordRingOptions extends FrameShape {
  /** What the kinds of the shape are, one by one. */
  readonly events: readonly EventKind[];
  readonly worker: number;
  readonly workers: number;
  readonly random: Random;
  /** 64 KiB unless told; more where a message is larger. */
  readonly blockBytes?: number;
}

const BLOCKS = 8;
const MOST_FRAMES = 4096;
/** Messages after which the mix begins anew. */
const MIX = 8192;

/** The kinds of event that are in one file: of one domain, or of one of its types. */
interface FileGroup {
  readonly source: RecordSource;
  readonly file: RecordFilePlan;
  /** More than one where the subject has numbers. */
  readonly kindsOfType: ReadonlyMap<string, readonly number[]>;
}

/**
 * A ring whose frames are encoded while it turns, because the payloads of some of its kinds come from files: a file is
 * never in memory as a whole. Kinds that have no file get a new payload each time.
 */
export class RecordRing extends FrameRing {
  readonly largestMessageBytes: number;
  readonly meanPayloadBytes: number;
  readonly #encoder: FrameEncoder;
  readonly #random: Random;
  readonly #kinds: Uint16Array;
  readonly #sizes: Uint32Array;
  readonly #groups: readonly (FileGroup | undefined)[];
  /** The frame of the record at hand: the same object for each of them. */
  readonly #record = emptyDraft();
  /** The frame that was drafted and had no room any more. */
  #waiting: FrameDraft | undefined;
  /** Of frames drafted so far. */
  #number = 0;

  constructor({ events, worker, workers, random, blockBytes = 64 * 1024, ...shape }: RecordRingOptions) {
    const encoder = new FrameEncoder(shape);
    const sample = random.fork('sample');
    let [longest, largest, weighted, weights] = [0, 0, 0, 0];
    events.forEach(({ size, weight, payload }, kind) => {
      const header = encoder.headerOf(0, kind, sample);
      longest = Math.max(longest, encoder.lengthOf({ ...emptyDraft(), kind, header, end: size.maxBytes }));
      largest = Math.max(largest, header.bytes.length + size.maxBytes);
      weighted += weight * (payload?.kind === 'file' ? payload.file.meanBytes : meanSize(size));
      weights += weight;
    });
    const capacity = Math.max(blockBytes, longest);
    super(Array.from({ length: BLOCKS }, () => new FrameBlock(capacity, MOST_FRAMES)));
    this.#encoder = encoder;
    this.#random = random.fork('filler');
    const mix = drawMix(shape.kinds, MIX, random.fork('mix'));
    this.#kinds = mix.kind;
    this.#sizes = mix.payloadBytes;
    this.#groups = fileGroups(events, worker, workers);
    this.largestMessageBytes = largest;
    this.meanPayloadBytes = weighted / weights;
  }

  override close(): void {
    for (const source of new Set(this.#groups.map((group) => group?.source))) source?.close();
  }

  protected override skipUnencoded(count: number): void {
    for (let left = count; left > 0; left--) {
      if (this.#waiting) this.#waiting = undefined;
      else if (!this.#groups[this.#kinds[this.#number++ % this.#kinds.length]!]?.source.skip()) return;
    }
  }

  protected override prepare(block: FrameBlock): void {
    block.clear();
    const encoder = this.#encoder;
    while (block.count < MOST_FRAMES) {
      const draft = this.#waiting ?? this.#draft();
      this.#waiting = draft;
      if (draft === undefined || block.end + encoder.lengthOf(draft) > block.bytes.length) return;
      encoder.append(block, draft, this.#random);
      this.#waiting = undefined;
    }
  }

  /** The next frame of the mix; undefined when its file has ended. */
  #draft(): FrameDraft | undefined {
    const at = this.#number % this.#kinds.length;
    const kind = this.#kinds[at]!;
    const group = this.#groups[kind];
    if (group === undefined) {
      return this.#encoder.draft(this.#number++, kind, this.#sizes[at]!, this.#random);
    }
    const { source, file, kindsOfType } = group;
    if (!source.next()) return undefined;
    const { reader } = source;
    const draft = this.#record;
    const kinds = file.type === undefined ? undefined : kindsOfType.get(source.typeOf(file.type));
    draft.kind = kinds === undefined ? kind : this.#random.pick(kinds);
    draft.header = this.#encoder.headerOf(this.#number++, draft.kind, this.#random);
    draft.source = reader.bytes;
    draft.start = reader.start;
    draft.end = reader.end;
    return draft;
  }
}

const emptyDraft = (): FrameDraft => ({
  kind: 0,
  header: NO_TEXT,
  source: undefined,
  start: 0,
  end: 0,
  fields: [],
});

/** By kind: the file that its payloads come from. Kinds of one file take turns with its records. */
function fileGroups(
  events: readonly EventKind[],
  worker: number,
  workers: number,
): readonly (FileGroup | undefined)[] {
  const groups = new Map<string, FileGroup & { readonly kindsOfType: Map<string, number[]> }>();
  return events.map(({ domain, type, payload }, kind) => {
    if (payload?.kind !== 'file') return undefined;
    const { file } = payload;
    const key = JSON.stringify([domain, file]);
    let group = groups.get(key);
    if (group === undefined) {
      group = { source: new RecordSource(file, worker, workers), file, kindsOfType: new Map() };
      groups.set(key, group);
    }
    group.kindsOfType.set(type, [...(group.kindsOfType.get(type) ?? []), kind]);
    return group;
  });
}
