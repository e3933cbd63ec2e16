import { NS, nowNs } from '../base/clock.js';
import type { LoadNotice } from '../contracts/load.js';
import type { MonitorTask } from '../contracts/monitor.js';
import type { OwnEvent, OwnEventSink } from '../contracts/own-event.js';
import { type OwnEventFigures, OwnEventPublisher } from '../nats/own-events.js';
import { ownSubject } from '../nats/own-subject.js';
import { CLOSED_BY_US, type WireConnection, type WireListener } from '../wire/connection.js';
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

type ConnectionListener = Pick<WireListener, 'onConnected' | 'onDisconnected' | 'onServerError'>;

/**
 * What a monitor says as events: what it is handed by the run and by its probes, and what its own connection goes through.
 * Told to be silent (`ownEvents: false`), it says nothing.
 */
export class OwnVoice implements OwnEventSink {
  readonly #publisher: OwnEventPublisher | undefined;
  readonly #onNotice: (notice: LoadNotice) => void;
  #startedBefore = false;
  #blindSinceNs: number | undefined;
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

  /** A listener of the connection that tells of what the given one hears, and sends what has waited. */
  around<T extends ConnectionListener>(listener: T): T & Required<ConnectionListener> {
    return {
      ...listener,
      onConnected: (server) => {
        listener.onConnected?.(server);
        // Permissions may be others now.
        this.#publisher?.refuse(false);
        this.#onConnected(`${server.host}:${server.port}`);
      },
      onDisconnected: (reason) => {
        listener.onDisconnected?.(reason);
        if (reason !== CLOSED_BY_US) this.#onDisconnected(reason);
      },
      onServerError: (text) => {
        if (refusedPublish(text) === undefined) listener.onServerError?.(text);
        else this.#onRefused(text);
      },
    };
  }

  /** The last word. */
  end(): void {
    if (this.#startedBefore) this.#say('MonitorStopped', {});
  }

  #onConnected(server: string): void {
    if (!this.#startedBefore) {
      this.#say('MonitorStarted', { server });
    } else if (this.#blindSinceNs !== undefined) {
      const blind = Math.round((nowNs() - this.#blindSinceNs) / NS.ms) / 1000;
      this.#say('MonitorReconnected', { server, blind_seconds: blind });
    }
    this.#startedBefore = true;
    this.#blindSinceNs = undefined;
  }

  #onDisconnected(reason: string): void {
    this.#blindSinceNs = nowNs();
    this.#say('MonitorDisconnected', { reason });
  }

  #onRefused(text: string): void {
    this.#publisher?.refuse(true);
    if (this.#saidRefusal) return;
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

  #say(type: string, fields: OwnEvent['fields']): void {
    this.publish({ domain: 'stormglass', type, fields });
  }
}
