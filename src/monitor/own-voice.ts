import { nowNs } from '../base/clock.js';
import type { LoadNotice } from '../contracts/load.js';
import type { MonitorTask } from '../contracts/monitor.js';
import type { OwnEvent, OwnEventSink } from '../contracts/own-event.js';
import { type OwnEventFigures, OwnEventPublisher } from '../nats/own-events.js';
import { ownSubject } from '../nats/own-subject.js';
import type { WireConnection } from '../wire/connection.js';
import type { MessageView } from '../wire/parser.js';
import { refusedPublish } from '../wire/server-error.js';
import { localMessages } from './local-message.js';

/** While the socket holds back so much, events wait here, where they are bounded. */
const MOST_PENDING_BYTES = 1024 * 1024;

export interface OwnVoiceOptions {
  /** The connection that events go out by; one without echo. */
  readonly wire: () => WireConnection;
  /** Is handed each event as if it had come from a server. */
  readonly onMessage: (view: MessageView) => void;
  readonly onNotice: (notice: LoadNotice) => void;
}

/**
 * What a monitor says as events: what it is handed by the run and by its probes, and what it goes through itself.
 * Told to be silent (`ownEvents: false`), it says nothing.
 */
export class OwnVoice implements OwnEventSink {
  readonly #publisher: OwnEventPublisher | undefined;
  readonly #onNotice: (notice: LoadNotice) => void;
  #saidRefusal = false;

  constructor({ plan, runId }: Pick<MonitorTask, 'plan' | 'runId'>, options: OwnVoiceOptions) {
    const { wire, onMessage, onNotice } = options;
    this.#onNotice = onNotice;
    if (plan.ownEvents === false) return;
    this.#publisher = new OwnEventPublisher({
      subjectOf: ({ domain, type }) => ownSubject(plan, domain, type),
      send: (subject, payload) => {
        const connection = wire();
        if (!connection.connected || connection.pendingBytes > MOST_PENDING_BYTES) return false;
        connection.publish(subject, payload);
        return true;
      },
      onEvent: localMessages(onMessage),
      ...(runId !== undefined && { run: runId }),
    });
  }

  publish(event: OwnEvent): void {
    this.#publisher?.publish(event);
  }

  get figures(): OwnEventFigures {
    return this.#publisher?.figures ?? { sent: 0, waiting: 0, dropped: 0 };
  }

  /** There is a connection: sends what has waited. */
  onConnected(): void {
    this.#publisher?.allowAll();
  }

  /** Whether what a server said was about an event of ours that it does not take. */
  onServerError(text: string): boolean {
    const subject = refusedPublish(text);
    if (subject === undefined) return false;
    this.#publisher?.refuse(subject);
    if (!this.#saidRefusal) this.#tellOfRefusal(text);
    return true;
  }

  #tellOfRefusal(text: string): void {
    this.#saidRefusal = true;
    this.#onNotice({
      load: 'monitor',
      worker: -1,
      kind: 'note',
      text: `what the monitor has to say is not published, only counted: ${text}`,
      atNs: nowNs(),
      count: 1,
    });
  }
}
