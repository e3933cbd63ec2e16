import { withDeadline } from '../base/wait.js';
import type { ServerAccess } from '../contracts/load.js';
import type { MonitorHandle } from '../contracts/monitor.js';
import type { OwnEvent, OwnEventSink } from '../contracts/own-event.js';
import type { MonitorPlan } from '../contracts/plan/monitor.js';
import { OwnEventPublisher } from '../nats/own-events.js';
import { ownSubject } from '../nats/own-subject.js';
import { WireConnection } from '../wire/connection.js';

/** Before there is a monitor, and after it; the oldest give way. */
const MOST_WAITING = 1000;
/** The last words of a run keep nobody waiting for longer. */
const LAST_WORDS_MS = 3000;

/** A system that goes on when the run has ended. */
interface LastingSystem {
  readonly access: ServerAccess;
  readonly plan: MonitorPlan;
}

/**
 * Takes what a run says from its first word to its last. The run's monitor publishes it, and counts it itself; what is said
 * before there is one waits for it, and what is said after goes to a system that stays by a connection of its own.
 */
export class OwnEventRelay implements OwnEventSink {
  #monitor: OwnEventSink | undefined;
  #waiting: OwnEvent[] = [];
  #system: LastingSystem | undefined;

  publish(event: OwnEvent): void {
    if (this.#monitor) {
      this.#monitor.publish(event);
      return;
    }
    this.#waiting.push(event);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
  }

  /** Gives the monitor everything that waits and all that comes until its end. */
  use(monitor: MonitorHandle): MonitorHandle {
    this.#monitor = monitor;
    for (const event of this.#waiting.splice(0)) monitor.publish(event);
    return {
      ...monitor,
      [Symbol.asyncDispose]: () => {
        this.#monitor = undefined;
        return monitor[Symbol.asyncDispose]();
      },
    };
  }

  /** There will be somebody to hear the last words. */
  outlivedBy(system: LastingSystem): void {
    this.#system = system;
  }

  /** Says what was said after the monitor's end, where that can be heard; never rejects. */
  async sayLastWords(): Promise<void> {
    const system = this.#system;
    if (system === undefined || this.#waiting.length === 0) return;
    const { access, plan } = system;
    const wire = new WireConnection(
      { access, name: 'stormglass last words', echo: false },
      { onMessage: () => {} },
    );
    const publisher = new OwnEventPublisher({
      subjectOf: ({ domain, type }) => ownSubject(plan, domain, type),
      send: (subject, payload) => {
        wire.publish(subject, payload);
        return true;
      },
    });
    const speak = async () => {
      await wire.connect();
      for (const event of this.#waiting.splice(0)) publisher.publish(event);
      await wire.flush();
    };
    try {
      await withDeadline(speak(), LAST_WORDS_MS, 'the last words');
    } catch {
      // The report says the same, and a system that is gone or does not let us has nobody to tell.
    } finally {
      await wire.close();
    }
  }
}
