import type { Copy, Message } from '../world.js';

/** Takes the messages out of a copy of which this is true. */
export const removeFrom = (copy: Copy, is: (message: Message) => boolean): void => {
  copy.messages = copy.messages.filter((message) => !is(message));
};

/** Adds a message to a copy, behind all that are there. */
export function appendTo(copy: Copy, writer: number, sequence: number, digest: number): void {
  copy.messages.push({ writer, sequence, digest, streamSequence: ++copy.throughSequence });
}

/** Gives one message of a copy another payload. */
export const alterIn = (copy: Copy, message: Message): void => {
  copy.messages = copy.messages.map((one) => (one === message ? { ...one, digest: one.digest ^ 1 } : one));
};
