import { messageSink } from '../wire/message-sink.js';
import { type MessageView, WireParser } from '../wire/parser.js';

/**
 * Hands a message that came over no connection to whoever takes those that do, in the same form: a monitor hears what it
 * says itself even while there is no server.
 */
export function localMessages(
  onMessage: (view: MessageView) => void,
): (subject: string, payload: Uint8Array) => void {
  const parser = new WireParser(messageSink(onMessage));
  return (subject, payload) =>
    parser.push(
      Buffer.concat([Buffer.from(`MSG ${subject} 0 ${payload.length}\r\n`), payload, Buffer.from('\r\n')]),
    );
}
