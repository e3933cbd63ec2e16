import { PreflightError } from '../../base/errors.js';
import type { Random } from '../../base/random.js';
import { nameSchema } from '../../base/unit-schemas.js';
import type { SizePlan } from '../../contracts/plan/size.js';
import type { TrafficSetting } from '../load-kind.js';
import { type AgentFrame, eventFrames, letterFrame } from './agent-frames.js';
import { EVENT, LETTER_TYPES, RESULT } from './agent-message.js';

/** The domain of what agents publish and the mix does not have. */
export const AGENTS_DOMAIN = 'agents';
const OTHER_SIZE: SizePlan = { minBytes: 64, maxBytes: 64 };
/** Each type has frames of its own, and the monitor a series. */
const MOST_TYPES = 1000;

/** The frames of one type of event. */
export interface EventFrames {
  readonly plain: readonly AgentFrame[];
  readonly correlated: readonly AgentFrame[];
  /** `correlated` with a trace; none where nothing is traced. */
  readonly traced: readonly AgentFrame[];
  readonly subject: string;
}

/**
 * The types of event that a load's agents publish, and what they look like: as the mix has them, and those that it does
 * not have in a domain of their own.
 */
export class EventTypes {
  /** By form, from EVENT on. */
  readonly events: EventFrames[] = [];
  /** By form, COMMAND to ANSWER. */
  readonly letters: readonly AgentFrame[];
  readonly tracedLetters: readonly AgentFrame[];
  /** What a letter's subject begins with, by form. */
  readonly letterSubjects: readonly string[];
  readonly #forms = new Map<string, number>();
  readonly #setting: TrafficSetting;
  readonly #random: Random;

  constructor(setting: TrafficSetting) {
    this.#setting = setting;
    this.#random = setting.random.fork('frames');
    this.letterSubjects = LETTER_TYPES.map((type) => `${this.#subjectOf(type)}.${setting.load.name}`);
    this.letters = this.letterSubjects.map((subject, form) => letterFrame(subject, form === RESULT));
    this.tracedLetters = this.letterSubjects.map((subject, form) =>
      letterFrame(subject, form === RESULT, true),
    );
  }

  /** The form of an event of this type. Throws a TypeError for a name that cannot stand in a subject. */
  formOf(type: string): number {
    return this.#forms.get(type) ?? this.#add(type);
  }

  #add(type: string): number {
    if (!nameSchema.safeParse(type).success) {
      throw new TypeError(
        `${JSON.stringify(type)} is no type of event: letters, digits, - and _, 64 at most`,
      );
    }
    if (this.events.length === MOST_TYPES) throw new RangeError(`more than ${MOST_TYPES} types of event`);
    const known = this.#setting.events.find((event) => event.type === type);
    const subject = known?.subject ?? this.#subjectOf(type);
    const size = known?.size ?? OTHER_SIZE;
    const frames = (correlated: boolean) => eventFrames(subject, size, this.#random, correlated);
    const traced = this.#setting.tracer
      ? eventFrames(subject, size, this.#random.fork(`traced/${type}`), true, true)
      : [];
    const own = { plain: frames(false), correlated: frames(true), traced, subject };
    const form = EVENT + this.events.push(own) - 1;
    this.#forms.set(type, form);
    return form;
  }

  /** Throws a PreflightError for events of the mix that the server does not take. */
  checkSizes(mostBytes: number): void {
    const { load, events } = this.#setting;
    const largest = events.find(({ size }) => size.maxBytes > mostBytes);
    if (largest === undefined) return;
    throw new PreflightError(
      `load ${load.name}: ${largest.subject} has up to ${largest.size.maxBytes} B, the server takes ${mostBytes} B`,
      { hint: 'make the events smaller, or set max_payload in cluster.config' },
    );
  }

  #subjectOf(type: string): string {
    const { events, eventTokens } = this.#setting;
    const tokens = (events[0]?.subject ?? '').split('.');
    tokens[eventTokens.domain] = AGENTS_DOMAIN;
    tokens[eventTokens.type] = type;
    return tokens.join('.');
  }
}
