import type { WireSink } from './parser.js';

/** A sink for messages alone: whatever else a server says is let go. */
export function messageSink(message: WireSink['message']): WireSink {
  const ignore = () => {};
  return { message, info: ignore, ping: ignore, pong: ignore, ok: ignore, error: ignore };
}
