import type { AgentMessage } from './agent-message.js';
import type { AgentTrace } from './agent-traces.js';

const NONE = -1;
const FIRST_PLACES = 1024;
/** What can wait at a time, of one worker: 45 MB. */
const MOST_PLACES = 2 ** 20;

/** Those who wait for one connection, oldest first. */
export interface WaitingLine {
  first: number;
  last: number;
}

/** Messages that are due and that the system holds up, in columns. */
export class WaitingRoom {
  dueNs = new Float64Array(FIRST_PLACES);
  #form = new Uint16Array(FIRST_PLACES);
  #agent = new Int32Array(FIRST_PLACES);
  #to = new Int32Array(FIRST_PLACES);
  #slot = new Int32Array(FIRST_PLACES);
  #generation = new Uint32Array(FIRST_PLACES);
  #failed = new Uint8Array(FIRST_PLACES);
  #correlation = new Uint32Array(FIRST_PLACES);
  #number = new Uint16Array(FIRST_PLACES);
  #next = new Int32Array(FIRST_PLACES);
  /** Few events have one. */
  readonly #fields = new Map<number, string>();
  readonly #traces = new Map<number, AgentTrace>();
  #free = NONE;
  #made = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Puts a message at the end of a line; false when there is no room for it. */
  add(line: WaitingLine, message: AgentMessage): boolean {
    const place = this.#take();
    if (place === NONE) return false;
    this.dueNs[place] = message.dueNs;
    this.#form[place] = message.form;
    this.#agent[place] = message.agent;
    this.#to[place] = message.to;
    this.#slot[place] = message.slot;
    this.#generation[place] = message.generation;
    this.#failed[place] = message.failed ? 1 : 0;
    this.#correlation[place] = message.correlation;
    this.#number[place] = message.number;
    if (message.fields !== '') this.#fields.set(place, message.fields);
    if (message.trace !== undefined) this.#traces.set(place, message.trace);
    this.#next[place] = NONE;
    if (line.last === NONE) line.first = place;
    else this.#next[line.last] = place;
    line.last = place;
    this.#count++;
    return true;
  }

  /** Reads the message that is first in a line. */
  read({ first }: WaitingLine, into: AgentMessage): void {
    into.dueNs = this.dueNs[first]!;
    into.form = this.#form[first]!;
    into.agent = this.#agent[first]!;
    into.to = this.#to[first]!;
    into.slot = this.#slot[first]!;
    into.generation = this.#generation[first]!;
    into.failed = this.#failed[first] === 1;
    into.correlation = this.#correlation[first]!;
    into.number = this.#number[first]!;
    into.fields = this.#fields.get(first) ?? '';
    into.trace = this.#traces.size > 0 ? this.#traces.get(first) : undefined;
  }

  /** Takes the first out of a line. */
  remove(line: WaitingLine): void {
    const place = line.first;
    line.first = this.#next[place]!;
    if (line.first === NONE) line.last = NONE;
    this.#fields.delete(place);
    this.#traces.delete(place);
    this.#next[place] = this.#free;
    this.#free = place;
    this.#count--;
  }

  #take(): number {
    if (this.#free !== NONE) {
      const place = this.#free;
      this.#free = this.#next[place]!;
      return place;
    }
    if (this.#made === MOST_PLACES) return NONE;
    if (this.#made === this.dueNs.length) this.#grow();
    return this.#made++;
  }

  #grow(): void {
    const size = 2 * this.dueNs.length;
    const larger = <T extends Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array>(
      to: T,
      from: T,
    ): T => {
      to.set(from);
      return to;
    };
    this.dueNs = larger(new Float64Array(size), this.dueNs);
    this.#form = larger(new Uint16Array(size), this.#form);
    this.#agent = larger(new Int32Array(size), this.#agent);
    this.#to = larger(new Int32Array(size), this.#to);
    this.#slot = larger(new Int32Array(size), this.#slot);
    this.#generation = larger(new Uint32Array(size), this.#generation);
    this.#failed = larger(new Uint8Array(size), this.#failed);
    this.#correlation = larger(new Uint32Array(size), this.#correlation);
    this.#number = larger(new Uint16Array(size), this.#number);
    this.#next = larger(new Int32Array(size), this.#next);
  }
}
