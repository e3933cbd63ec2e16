import { NS, nowNs } from '../../base/clock.js';
import type { Cluster } from '../../contracts/cluster.js';
import { CLIENTS, type Direction } from '../../contracts/links.js';
import type { ServerAccess, ServerAddress } from '../../contracts/load.js';
import type { MessageView } from '../../wire/parser.js';
import { CanaryPost } from './canary-post.js';
import { clientNodeOf, wayText } from './link-choice.js';

/** A canary begins with its number, in so many digits. */
const NUMBER_BYTES = 12;

interface Flight {
  readonly sentNs: number;
  cameNs?: number;
}

/**
 * Messages of our own that go along links, to see whether and how fast they come: between nodes from a connection past
 * all links to another, between a node and its clients from one of those to one that goes through the link. Each fault
 * has subjects of its own. Posts are opened when they are first needed, and stay open until `close`.
 */
export class Canaries {
  readonly #cluster: Cluster;
  readonly #subject: string;
  readonly #name: string;
  readonly #posts = new Map<string, CanaryPost>();
  /** By post: while it is being opened. */
  readonly #opening = new Map<string, Promise<void>>();
  /** By the way, and the number. */
  readonly #flights = new Map<string, Map<number, Flight>>();
  #lastNumber = 0;

  constructor(cluster: Cluster, runId: string, faultId: string) {
    this.#cluster = cluster;
    this.#subject = `_STORMGLASS.canary.${token(runId)}.${token(faultId)}`;
    this.#name = `stormglass-canary-${faultId}`;
  }

  get isOpen(): boolean {
    return this.#posts.size > 0;
  }

  /** The number that the next one will get. */
  get nextNumber(): number {
    return this.#lastNumber + 1;
  }

  /** Opens the posts at the ends of these ways that are not open. Never rejects: a post that is missing is seen as such. */
  async open(ways: readonly Direction[]): Promise<void> {
    const names = new Set(ways.flatMap((way) => [senderOf(way), receiverOf(way)]));
    await Promise.all([...names].map((name) => this.#open(name)));
  }

  /** The post that canaries on a way set out from. */
  sender(way: Direction): CanaryPost | undefined {
    return this.#posts.get(senderOf(way));
  }

  /** The post that canaries on a way come to. */
  receiver(way: Direction): CanaryPost | undefined {
    return this.#posts.get(receiverOf(way));
  }

  /** Sends one, as long as asked for, and returns its number; `undefined` when it could not set out. */
  send(way: Direction, bytes = NUMBER_BYTES): number | undefined {
    const number = ++this.#lastNumber;
    const payload = Buffer.alloc(Math.max(NUMBER_BYTES, bytes), '.');
    payload.write(String(number).padStart(NUMBER_BYTES, '0'), 'latin1');
    const flights = this.#flights.get(wayText(way)) ?? new Map<number, Flight>();
    this.#flights.set(wayText(way), flights.set(number, { sentNs: nowNs() }));
    const subject = `${this.#subject}.${token(senderOf(way))}.${token(receiverOf(way))}`;
    return this.sender(way)?.publish(subject, payload) ? number : undefined;
  }

  /** How long one took, in milliseconds; `undefined` while it has not come. */
  tookMs(way: Direction, number: number): number | undefined {
    const { sentNs, cameNs } = this.#flights.get(wayText(way))?.get(number) ?? {};
    return sentNs === undefined || cameNs === undefined ? undefined : (cameNs - sentNs) / NS.ms;
  }

  /** The longest time that any took of those from a number on; `undefined` when none has come. */
  slowestMs(way: Direction, from: number): number | undefined {
    const times = [...(this.#flights.get(wayText(way))?.keys() ?? [])]
      .filter((number) => number >= from)
      .map((number) => this.tookMs(way, number))
      .filter((ms) => ms !== undefined);
    return times.length === 0 ? undefined : Math.max(...times);
  }

  async close(): Promise<void> {
    const posts = [...this.#posts.values()];
    this.#posts.clear();
    await Promise.all(posts.map((post) => post.close()));
  }

  /** Two ways may ask for the same end at once, and get one post. */
  #open(name: string): Promise<void> {
    const opening = this.#opening.get(name) ?? this.#openAnew(name).finally(() => this.#opening.delete(name));
    this.#opening.set(name, opening);
    return opening;
  }

  async #openAnew(name: string): Promise<void> {
    const there = this.#posts.get(name);
    if (there !== undefined && !there.isDead) return there.opened;
    await there?.close();
    await (name.startsWith(AT) ? this.#openThroughLink(name) : this.#openAt(name));
  }

  /** At a node, past the link that its clients take. */
  async #openAt(name: string): Promise<void> {
    const node = this.#cluster.nodes.find((each) => each.name === name);
    if (node === undefined) return;
    await this.#post(name, this.#cluster.observerAccess, { host: node.host, port: node.clientPort }).opened;
  }

  /** A client of a node, as the load has them: whose door an address is, the server behind it says. */
  async #openThroughLink(name: string): Promise<void> {
    const { access, nodes } = this.#cluster;
    const node = name.slice(AT.length);
    await this.#open(node);
    const server = this.#posts.get(node)?.serverName;
    const likely = access.servers[nodes.findIndex((each) => each.name === node)];
    const doors = [...access.servers].sort((a, b) => Number(b === likely) - Number(a === likely));
    for (const door of doors) {
      const post = this.#post(name, access, door);
      await post.opened;
      if (post.serverName === undefined || post.serverName === server) return;
      await post.close();
    }
    this.#posts.delete(name);
  }

  #post(name: string, access: ServerAccess, server: ServerAddress): CanaryPost {
    const post = new CanaryPost({
      access: { ...access, servers: [server] },
      name: this.#name,
      subject: `${this.#subject}.*.${token(name)}`,
      onMessage: (view, atNs) => this.#note(view, atNs),
    });
    this.#posts.set(name, post);
    return post;
  }

  #note({ buffer, payloadStart }: MessageView, atNs: number): void {
    const digits = buffer.subarray(payloadStart, payloadStart + NUMBER_BYTES);
    const number = Number(Buffer.from(digits).toString('latin1'));
    for (const flights of this.#flights.values()) {
      const flight = flights.get(number);
      if (flight) flight.cameNs ??= atNs;
    }
  }
}

/** `clients at n1`: the post of a client of a node. */
const AT = `${CLIENTS} at `;

function senderOf(way: Direction): string {
  return way.from === CLIENTS ? AT + clientNodeOf(way) : way.from;
}

function receiverOf(way: Direction): string {
  return way.to === CLIENTS ? AT + clientNodeOf(way) : way.to;
}

/** As one token of a subject. */
const token = (name: string): string => name.replace(/[^A-Za-z0-9_-]/g, '_');

/** For people: `canary n1 → n2`. */
export const canaryText = (way: Direction): string => `canary ${wayText(way)}`;
