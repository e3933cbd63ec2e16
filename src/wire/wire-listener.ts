import type { ServerAddress } from '../contracts/load.js';
import type { MessageView } from './parser.js';

/** Called from the socket's events, never from within a call of ours, except `onDisconnected` from `close`. */
export interface WireListener {
  /** The view is reused; see MessageView. */
  onMessage(view: MessageView): void;
  /** Around the messages of one read of the socket: the places to read a clock once, and to act on what came. */
  onReadStart?(): void;
  onReadEnd?(): void;
  /** The handshake is done and the subscriptions are sent again. */
  onConnected?(server: ServerAddress): void;
  /**
   * Once for each connection that was established and is no more. What was in flight has no answer any more.
   *
   * @param isUnanswered the server has said nothing since the last PING: it was away before this was noticed
   */
  onDisconnected?(reason: string, isUnanswered: boolean): void;
  /**
   * A server, or its certificate, refused a reconnection: wrong credentials, an expired certificate. It is tried
   * again, since somebody may put it right; each refusal is told.
   */
  onRefused?(server: ServerAddress, reason: string): void;
  /** The text of an -ERR: `Slow Consumer`, `Permissions Violation for Publish to "x"`, … */
  onServerError?(text: string): void;
  /** The socket takes more again, after a `write` that returned false. */
  onDrain?(): void;
}
