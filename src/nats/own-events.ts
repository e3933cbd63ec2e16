import { wallNow } from '../base/clock.js';
import type { OwnEvent, OwnEventSink } from '../contracts/own-event.js';

/** What waits for a server is bounded: the oldest give way. */
const MOST_WAITING = 1000;
/** A longer text of a field is cut: one event must fit into a message of any server. */
const LONGEST_TEXT = 2000;

export interface OwnEventPublisherOptions {
  /** Where an event goes; see `ownSubject`. */
  readonly subjectOf: (event: OwnEvent) => string;
  /** Gives a message to a server; false when there is none that would take it now. It must not throw. */
  readonly send: (subject: string, payload: Uint8Array) => boolean;
  /**
   * Is told each event at once and once, whether there is a server or not. Whoever listens here and has a subscription,
   * too, must do so on the connection that sends, without echo, or would hear twice.
   */
  readonly onEvent?: (subject: string, payload: Uint8Array) => void;
  /** The run that speaks: each event carries it, unless it says so itself. */
  readonly run?: string;
  /** How many events wait for a server at most; 1,000 unless told. */
  readonly mostWaiting?: number;
}

/** What became of the events of a publisher. */
export interface OwnEventFigures {
  /** Given to a server. */
  readonly sent: number;
  readonly waiting: number;
  /** Gave way to newer ones, or may not be published. */
  readonly dropped: number;
}

interface Message {
  readonly subject: string;
  readonly payload: Uint8Array;
}

/**
 * Publishes what stormglass has to say as JSON, `{"time", "run", …fields}`. Where no server takes it, it waits, so many at
 * most and the oldest going first; `flush` when there is one again. Never throws, and never waits.
 */
export class OwnEventPublisher implements OwnEventSink {
  readonly #options: OwnEventPublisherOptions;
  readonly #mostWaiting: number;
  #waiting: Message[] = [];
  #sent = 0;
  #dropped = 0;
  /** Subjects that a server does not let us publish to. */
  readonly #refused = new Set<string>();

  constructor(options: OwnEventPublisherOptions) {
    this.#options = options;
    this.#mostWaiting = options.mostWaiting ?? MOST_WAITING;
  }

  publish(event: OwnEvent): void {
    const { subjectOf, run, onEvent } = this.#options;
    const subject = subjectOf(event);
    const said = {
      time: wallNow().toISOString(),
      ...(run !== undefined && { run }),
      ...event.fields,
    };
    const payload = Buffer.from(JSON.stringify(said, shortTexts));
    onEvent?.(subject, payload);
    if (this.#refused.has(subject)) {
      this.#dropped++;
      return;
    }
    this.#waiting.push({ subject, payload });
    this.flush();
  }

  /** Gives what waits to the server, in its order, as far as it takes it. */
  flush(): void {
    let given = 0;
    for (const { subject, payload } of this.#waiting) {
      if (!this.#options.send(subject, payload)) break;
      given++;
    }
    this.#sent += given;
    const tooMany = Math.max(0, this.#waiting.length - given - this.#mostWaiting);
    this.#dropped += tooMany;
    if (given + tooMany > 0) this.#waiting.splice(0, given + tooMany);
  }

  /** The server does not let us publish to that subject: nothing more is sent there until `allowAll`. */
  refuse(subject: string): void {
    this.#refused.add(subject);
    const waiting = this.#waiting.filter((message) => message.subject !== subject);
    this.#dropped += this.#waiting.length - waiting.length;
    this.#waiting = waiting;
  }

  /** On a connection made anew, permissions may be others: sends what has waited for it, too. */
  allowAll(): void {
    this.#refused.clear();
    this.flush();
  }

  get figures(): OwnEventFigures {
    return { sent: this.#sent, waiting: this.#waiting.length, dropped: this.#dropped };
  }
}

/** A replacer of JSON: what is too long is cut, what is no number becomes null by itself. */
function shortTexts(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.length > LONGEST_TEXT
    ? `${value.slice(0, LONGEST_TEXT)}…`
    : value;
}
