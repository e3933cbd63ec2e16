/** What is used of autocannon, which brings no types of its own. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  /** One connection; it sends the next request when it has the response to the last. */
  export interface Client extends EventEmitter {
    /** Ends the connection, and with it whatever is under way on it. */
    destroy(): void;
  }

  export interface Options {
    readonly url: string;
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
    /** Seconds. */
    readonly timeout: number;
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    /** Requests a second of all connections together; each of them begins anew every second. */
    readonly overallRate?: number;
    /** How often it looks whether it is to stop, in milliseconds. */
    readonly sampleInt: number;
    /** Called with each connection before it sends anything. */
    readonly setupClient: (client: Client) => void;
  }

  export interface Run extends EventEmitter {
    stop(): void;
  }

  export default function autocannon(options: Options, onEnd: (error: Error | null) => void): Run;
}
