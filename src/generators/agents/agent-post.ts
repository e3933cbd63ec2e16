import { nowNs } from '../../base/clock.js';
import { COUNTER, type LoadRecorder, MEASURE } from '../../metrics/load-recorder.js';
import type { AgentFrame } from './agent-frames.js';
import type { AgentLink } from './agent-link.js';
import { type AgentMessage, COMMAND, EVENT, emptyMessage, QUESTION } from './agent-message.js';
import type { AgentTrace, AgentTraces } from './agent-traces.js';
import { type Chunk, ChunkPool } from './chunk-pool.js';
import type { EventTypes } from './event-types.js';
import { fillFrame } from './fill-frame.js';
import { frameWithFields } from './frame-with-fields.js';
import type { Questions } from './questions.js';
import type { Shards } from './shards.js';
import { WaitingRoom } from './waiting-room.js';

export interface AgentPostOptions {
  readonly shards: Shards;
  readonly types: EventTypes;
  readonly questions: Questions;
  readonly traces?: AgentTraces;
  readonly chunkBytes: number;
  /** How long a message may wait for the system before it is given up. */
  readonly backlogNs: number;
  /** Our own lateness after which a message is dropped. */
  readonly maxLatenessNs: number;
  /** Which life of a local agent it is, see AgentTable. */
  lifeOf(agent: number): number;
  /** A question that will not be sent; not called from within `send`. */
  readonly onRefused: (agent: number, life: number) => void;
  /** What waited can be written, or written chunks are free again. */
  readonly onRoom: () => void;
}

/**
 * Sends what is due: into a chunk of frames, one write for each connection and turn, or to the waiting room while the
 * system holds its connection up. Who waits is to blame as in Backlog: until its connection has caught up, it is the system.
 */
export class AgentPost {
  readonly #options: AgentPostOptions;
  readonly #pool: ChunkPool;
  readonly #waiting = new WaitingRoom();
  readonly #read = emptyMessage();
  readonly #dirty: AgentLink[] = [];
  readonly #debtors = new Set<AgentLink>();
  /** Agents whose question was dropped, each with its life. */
  readonly #refused: number[] = [];
  /** By writer. */
  readonly #sequences: Float64Array;
  readonly #firstWriter: number;
  #recorder!: LoadRecorder;
  /** Messages that are written and of which nobody knows yet whether the kernel has them. */
  #onTheirWay = 0;
  /** When this turn began: what is sent is sent now. */
  nowNs = 0;

  constructor(options: AgentPostOptions, firstWriter: number, writers: number) {
    this.#options = options;
    this.#pool = new ChunkPool(options.chunkBytes);
    this.#firstWriter = firstWriter;
    this.#sequences = new Float64Array(writers);
  }

  begin(recorder: LoadRecorder): void {
    this.#recorder = recorder;
  }

  /** Messages without an outcome, but for questions that are sent. */
  get pending(): number {
    return this.#onTheirWay + this.#waiting.count;
  }

  get isHeldUp(): boolean {
    return this.#debtors.size > 0;
  }

  /** Sends a message, lets it wait, or drops it. The hot path. */
  send(link: AgentLink, message: AgentMessage): void {
    const recorder = this.#recorder;
    const { dueNs, form } = message;
    const phase = recorder.phaseAt(dueNs);
    recorder.count(COUNTER.due, phase, 1);
    if (link.first >= 0 || !this.#canWrite(link, form)) {
      if (this.#waiting.add(link, message)) this.#debtors.add(link);
      else this.#giveUp(message);
    } else if (this.nowNs - dueNs > this.#options.maxLatenessNs) {
      recorder.count(COUNTER.dropped, phase, 1);
      this.#refuse(message);
    } else {
      this.#write(link, message, phase, false);
    }
  }

  /** At the end of a turn: what waited goes as far as there is room, and everything is written. */
  settle(): void {
    for (const link of this.#debtors) this.#drain(link);
    const refused = this.#refused;
    for (let i = 0; i < refused.length; i += 2) this.#options.onRefused(refused[i]!, refused[i + 1]!);
    refused.length = 0;
    const dirty = this.#dirty;
    for (let i = 0; i < dirty.length; i++) this.#flush(dirty[i]!);
    dirty.length = 0;
  }

  /** Gives up what waits. */
  stop(): void {
    this.nowNs = nowNs();
    for (const link of this.#debtors) {
      for (; link.isWaiting; this.#waiting.remove(link)) {
        this.#waiting.read(link, this.#read);
        this.#giveUp(this.#read);
      }
    }
    this.#debtors.clear();
  }

  #canWrite(link: AgentLink, form: number): boolean {
    return link.hasRoom && (!isQuestion(form) || this.#options.questions.hasRoom);
  }

  #drain(link: AgentLink): void {
    const { backlogNs } = this.#options;
    const message = this.#read;
    while (link.isWaiting) {
      this.#waiting.read(link, message);
      const isLost = this.nowNs - message.dueNs > backlogNs;
      if (!isLost && !this.#canWrite(link, message.form)) return;
      this.#waiting.remove(link);
      if (isLost) this.#giveUp(message);
      else this.#write(link, message, this.#recorder.phaseAt(message.dueNs), true);
    }
    this.#debtors.delete(link);
  }

  #giveUp(message: AgentMessage): void {
    const recorder = this.#recorder;
    const { dueNs, form } = message;
    const waitedNs = this.nowNs - dueNs;
    recorder.count(COUNTER.unsent, recorder.phaseAt(dueNs), 1);
    // They will not be received, nor answered: leaving them out would be survivors' statistics.
    recorder.censored(MEASURE.lag, dueNs, waitedNs);
    if (isQuestion(form)) recorder.censored(MEASURE.ackLatency, dueNs, waitedNs);
    recorder.trouble(dueNs, this.nowNs, 'unsent');
    const { trace, agent } = message;
    if (trace && isQuestion(form))
      this.#options.traces?.gaveUp(nameOf(form), trace, agent, dueNs, this.nowNs);
    this.#refuse(message);
  }

  #refuse({ form, agent }: AgentMessage): void {
    if (form === QUESTION) this.#refused.push(agent, this.#options.lifeOf(agent));
  }

  #write(link: AgentLink, message: AgentMessage, phase: number, blocked: boolean): void {
    const recorder = this.#recorder;
    const { form, dueNs } = message;
    const writer = link.writer - this.#firstWriter;
    const sequence = this.#sequences[writer]!++;
    const frame = this.#frameOf(message, sequence);
    const chunk = this.#chunkFor(link, frame.bytes.length);
    if (isQuestion(form)) this.#open(link, message, phase);
    fillFrame(chunk, frame, this.#options.shards, link.writer, sequence, message);
    if (!isQuestion(form)) chunk.unanswered[phase]!++;
    if (message.trace) this.#record(message, message.trace);
    recorder.count(COUNTER.sent, phase, 1);
    recorder.count(COUNTER.bytes, phase, frame.payloadBytes);
    if (blocked) recorder.count(COUNTER.blocked, phase, 1);
    else recorder.latency(MEASURE.scheduleDelay, dueNs, Math.max(0, this.nowNs - dueNs));
  }

  /** An event with fields has a frame of its own. */
  #frameOf(message: AgentMessage, sequence: number): AgentFrame {
    const { types, shards } = this.#options;
    const { form, trace } = message;
    if (form < EVENT) return (trace ? types.tracedLetters : types.letters)[form]!;
    const { subject, plain, correlated, traced } = types.events[form - EVENT]!;
    if (message.fields !== '') return frameWithFields(subject, shards.idOf(message.agent), message);
    const variants = trace ? traced : message.correlation === 0 ? plain : correlated;
    return variants[sequence % variants.length]!;
  }

  #open(link: AgentLink, message: AgentMessage, phase: number): void {
    const { questions, shards } = this.#options;
    const isCommand = message.form === COMMAND;
    const asker = isCommand ? -1 : message.agent;
    const asked = isCommand ? message.agent : shards.localOf(message.to);
    message.slot = questions.ask(asker, asked, link, message.dueNs, this.nowNs, phase);
    message.generation = questions.generationOf(message.slot);
    if (message.trace === undefined) return;
    questions.trace(message.slot);
    this.#options.traces?.asked(
      message.slot,
      nameOf(message.form),
      message.trace,
      message.agent,
      message.dueNs,
    );
  }

  #record({ form, agent, dueNs }: AgentMessage, trace: AgentTrace): void {
    const { types, traces } = this.#options;
    const subject = form < EVENT ? types.letterSubjects[form]! : types.events[form - EVENT]!.subject;
    traces?.published(trace, subject, agent, dueNs, nowNs());
  }

  #chunkFor(link: AgentLink, bytes: number): Chunk {
    const { chunk } = link;
    if (chunk !== undefined) {
      if (chunk.used + bytes <= chunk.bytes.length) return chunk;
      this.#flush(link);
    } else {
      this.#dirty.push(link);
    }
    const fresh = this.#pool.take(bytes);
    link.chunk = fresh;
    return fresh;
  }

  #flush(link: AgentLink): void {
    const { chunk } = link;
    if (chunk === undefined) return;
    link.chunk = undefined;
    const { unanswered } = chunk;
    let count = 0;
    for (let phase = 0; phase < unanswered.length; phase++) count += unanswered[phase]!;
    this.#onTheirWay += count;
    const onFlushed = (flushed: boolean) => {
      this.#onTheirWay -= count;
      const recorder = this.#recorder;
      const counter = flushed ? COUNTER.ok : COUNTER.unknown;
      for (let phase = 0; phase < unanswered.length; phase++)
        recorder.count(counter, phase, unanswered[phase]!);
      if (!flushed && count > 0) {
        const atNs = nowNs();
        recorder.trouble(atNs, atNs, 'connection lost');
      }
      this.#pool.giveBack(chunk);
      if (this.isHeldUp) this.#options.onRoom();
    };
    if (link.connection.connected) link.connection.write(chunk.bytes.subarray(0, chunk.used), onFlushed);
    else onFlushed(false);
  }
}

const nameOf = (form: number): string => (form === COMMAND ? 'command' : 'question');

const isQuestion = (form: number): boolean => form === COMMAND || form === QUESTION;
