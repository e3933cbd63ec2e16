import { NS, nowNs } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { OwnEvent, OwnEventSink } from '../../contracts/own-event.js';
import type { JszDetail } from '../../nats/jsz-detail.js';
import type { ServerDoor } from '../../nats/server-door.js';
import { connectionFigures } from './connection-figures.js';
import type { DetailLimit } from './detail-limit.js';
import type { FamilyBook } from './family-book.js';
import { healthFigures } from './health-figures.js';
import { jetStreamFigures } from './jetstream-figures.js';
import { lookAtServer, type ServerLook } from './look-at-server.js';
import { plainFigures } from './plain-figures.js';

export interface WatchedServerOptions {
  /** What its figures are told under; what it calls itself unless told. */
  readonly name?: string;
  /** What it calls itself, where that is known beforehand. */
  readonly serverName?: string;
  /** What it is called before it has answered for the first time. */
  readonly address: string;
  readonly door: ServerDoor;
  readonly limit: DetailLimit;
  readonly sink: OwnEventSink;
  /** A page on streams may be this old where the server answers, only not with that. */
  readonly staleMs: number;
}

/** One server, as it answered last. */
export class WatchedServer {
  /** Another that was known before is called the same: it is told apart by its address. */
  isNamesake = false;
  /** It was looked at once at least. */
  isLookedAt = false;
  isUp = false;
  isHealthy = false;
  /** The servers that it has a route to, by name. */
  peers: ReadonlySet<string> = new Set();
  /** Of its cluster; empty for none. */
  clusterName = '';
  /** What it told of streams; undefined while it is away. */
  jsz: JszDetail | undefined;
  metaLeaderSinceMs: number | undefined;
  /** When it was looked at for the first time, by its own clock. */
  knownSinceMs = Number.POSITIVE_INFINITY;
  untold: ReadonlySet<string> = new Set();
  books: readonly FamilyBook[] = [];
  readonly #options: WatchedServerOptions;
  #answeredNs = nowNs();
  #jszNs = 0;
  #serverName: string | undefined;
  /** It calls itself by its id, which is another after each start. */
  #isNameless = false;
  #isBeingLookedAt = false;
  #isLeft = false;

  constructor(options: WatchedServerOptions) {
    this.#options = options;
    this.#serverName = options.serverName;
  }

  /** What it calls itself; undefined as long as nobody knows. */
  get serverName(): string | undefined {
    return this.#serverName ?? this.#options.name;
  }

  get label(): string {
    return this.isNamesake ? `${this.ownLabel} (${this.#options.address})` : this.ownLabel;
  }

  get ownLabel(): string {
    const { name, address } = this.#options;
    return name ?? (this.#isNameless ? address : (this.#serverName ?? address));
  }

  /** Since it answered last; since it is watched when it never has. */
  get ageSeconds(): number {
    return (nowNs() - this.#answeredNs) / NS.s;
  }

  /**
   * It is watched no longer: what it still answers, or fails to, is no news, or would be told after that of who is watched in
   * its place.
   *
   * @param reason why it is down, where that is told
   */
  leave(reason?: string): void {
    if (reason !== undefined && this.isUp) this.#say('ServerDown', { reason });
    this.#isLeft = true;
  }

  /** Asks it, unless it still owes an answer. */
  async look(): Promise<void> {
    if (this.#isBeingLookedAt) return;
    this.#isBeingLookedAt = true;
    try {
      await this.#take(await lookAtServer(this.#options.door));
    } catch (thrown) {
      // Whatever answers there, it is no server that we understand.
      await this.#take({ plain: {}, silence: `its pages cannot be understood: ${messageOf(thrown)}` });
    } finally {
      this.#isBeingLookedAt = false;
    }
  }

  async #take(look: ServerLook): Promise<void> {
    const wasUp = this.isUp;
    const ageSeconds = this.ageSeconds;
    const isFirst = !this.isLookedAt;
    this.isLookedAt = true;
    this.isUp = look.silence === undefined;
    this.isHealthy = look.healthz?.status === 'ok';
    if (look.silence !== undefined) {
      this.jsz = undefined;
      this.metaLeaderSinceMs = undefined;
      this.books = [healthFigures(this.label, undefined)];
      this.untold = new Set();
      if (wasUp || isFirst) this.#say('ServerDown', { reason: look.silence });
      return;
    }
    this.#answeredNs = nowNs();
    const { varz } = look;
    if (varz !== undefined) {
      this.#serverName = varz.server_name || varz.server_id || this.#options.serverName;
      this.#isNameless = this.#serverName === varz.server_id;
      this.clusterName = varz.cluster?.name ?? '';
    }
    if (!wasUp) this.#say('ServerUp', { afterSeconds: isFirst ? 0 : Math.round(ageSeconds * 1000) / 1000 });
    this.#takeRoutes(look, wasUp);
    this.#takeStreams(look);
    await this.#makeBooks(look);
    this.#say('ServerProbed', { ...figuresOf(look), routes: this.peers.size });
  }

  #takeRoutes({ routez }: ServerLook, wasUp: boolean): void {
    if (routez === undefined) return;
    const peers = new Set<string>();
    for (const { remote_name, remote_id } of routez.routes ?? []) {
      const peer = remote_name || remote_id;
      if (peer) peers.add(peer);
    }
    const before = this.peers;
    this.peers = peers;
    if (!wasUp) return;
    for (const peer of before) if (!peers.has(peer)) this.#say('RouteLost', { peer });
    for (const peer of peers) if (!before.has(peer)) this.#say('RouteBack', { peer });
  }

  #takeStreams(look: ServerLook): void {
    this.metaLeaderSinceMs = look.metaLeaderSinceMs;
    if (look.jsz !== undefined) {
      this.jsz = look.jsz;
      this.#jszNs = nowNs();
      const clockMs = Date.parse(look.jsz.now ?? '');
      if (!Number.isNaN(clockMs)) this.knownSinceMs = Math.min(this.knownSinceMs, clockMs);
    } else if (nowNs() - this.#jszNs > this.#options.staleMs * NS.ms) {
      this.jsz = undefined;
    }
  }

  async #makeBooks({ connz, healthz, plain }: ServerLook): Promise<void> {
    const name = this.#serverName ?? this.label;
    const id = this.label;
    const streams = this.jsz && (await jetStreamFigures(id, name, this.jsz, this.#options.limit));
    this.untold = streams?.untold ?? new Set();
    this.books = [
      ...(plain.varz === undefined ? [] : [plainFigures('varz', id, plain.varz)]),
      ...(connz === undefined ? [] : [connectionFigures(id, connz)]),
      ...(plain.routez === undefined ? [] : [plainFigures('routez', id, plain.routez)]),
      healthFigures(id, healthz),
      ...(streams === undefined ? [] : [streams.book]),
    ];
  }

  #say(type: string, fields: OwnEvent['fields']): void {
    if (this.#isLeft) return;
    this.#options.sink.publish({ domain: 'nats', type, fields: { server: this.label, ...fields } });
  }
}

const TOLD_OF_VARZ = [
  'version',
  'cpu',
  'mem',
  'connections',
  'subscriptions',
  'slow_consumers',
  'in_msgs',
  'out_msgs',
  'in_bytes',
  'out_bytes',
] as const;

/** What an event tells of a look: little of much. */
function figuresOf({ varz, healthz, jsz }: ServerLook): OwnEvent['fields'] {
  const fields: Record<string, string | number | boolean | null> = { health: healthz?.status ?? 'unknown' };
  if (healthz?.error) fields.error = healthz.error;
  for (const key of TOLD_OF_VARZ) {
    const value = varz?.[key];
    if (value !== undefined) fields[key] = value;
  }
  const { streams, consumers, messages, bytes, storage } = jsz ?? {};
  for (const [key, value] of Object.entries({ streams, consumers, messages, bytes, storage })) {
    if (value !== undefined) fields[key] = value;
  }
  return fields;
}
