import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { nowNs } from '../base/clock.js';

/** A notification of a few hundred alerts is far smaller. */
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_KEPT = 10_000;

const notificationSchema = z.object({
  receiver: z.string(),
  alerts: z.array(
    z.object({ status: z.enum(['firing', 'resolved']), labels: z.record(z.string(), z.string()) }),
  ),
});

/** That a receiver was told of an alert. */
export interface Notified {
  readonly receiver: string;
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  /** Monotonic. */
  readonly atNs: number;
}

/** Takes notifications as a webhook does, for any number of receivers: each has a path of its own. */
export class Webhook implements AsyncDisposable {
  /** The first of each receiver, alert and status in a row; a repeated one is no news. */
  readonly notified: Notified[] = [];
  /** Requests that were no notification. */
  malformed = 0;
  readonly #server: Server;
  readonly #port: number;
  readonly #onNews: (news: Notified) => void;
  readonly #last = new Map<string, Notified['status']>();

  private constructor(server: Server, onNews: (news: Notified) => void) {
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    this.#onNews = onNews;
  }

  /** Listens on a free port of 127.0.0.1. */
  static async open(onNews: (news: Notified) => void): Promise<Webhook> {
    let take: (text: string | undefined) => boolean = () => false;
    const server = createServer(async (request, response) => {
      const isTaken = take(await read(request));
      response.writeHead(isTaken ? 200 : 400).end();
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: '127.0.0.1', port: 0 }, resolve);
    });
    const webhook = new Webhook(server, onNews);
    take = (text) => webhook.#take(text);
    return webhook;
  }

  urlOf(receiver: string): string {
    return `http://127.0.0.1:${this.#port}/${encodeURIComponent(receiver)}`;
  }

  #take(text: string | undefined): boolean {
    const parsed = notificationSchema.safeParse(text === undefined ? undefined : parseJson(text));
    if (!parsed.success) {
      this.malformed++;
      return false;
    }
    const atNs = nowNs();
    const { receiver, alerts } = parsed.data;
    for (const { status, labels } of alerts) {
      const key = JSON.stringify([receiver, Object.entries(labels).sort()]);
      if (this.#last.get(key) === status || this.notified.length >= MOST_KEPT) continue;
      this.#last.set(key, status);
      const news = { receiver, status, labels, atNs };
      this.notified.push(news);
      this.#onNews(news);
    }
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    // Alertmanager keeps its connections open.
    this.#server.closeAllConnections();
    await closed;
  }
}

/** The body; `undefined` for one that is too long or was cut off. */
async function read(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of request) {
      bytes += (part as Buffer).length;
      if (bytes > MOST_BYTES) return undefined;
      parts.push(part as Buffer);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(parts).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
