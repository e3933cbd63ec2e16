import { setMaxListeners } from 'node:events';
import { messageOf } from '../../base/errors.js';
import type { LoadNotice, ServerAccess } from '../../contracts/load.js';
import type { MetricFamily, MetricSource } from '../../contracts/metric.js';
import type { ServerTarget } from '../../contracts/monitor.js';
import type { OwnEvent, OwnEventSink } from '../../contracts/own-event.js';
import type { ToldAdvisory } from '../../nats/advisories.js';
import { findServers, httpDoor, systemDoor } from '../../nats/server-door.js';
import { family } from '../family.js';
import { AdvisoryCount } from './advisory-count.js';
import { AdvisoryEar } from './advisory-ear.js';
import { clusterFamilies } from './cluster-families.js';
import { DetailLimit } from './detail-limit.js';
import { mergeFamilies } from './family-book.js';
import { GroupBook, type ServersKnown } from './group-book.js';
import { SystemAccountNews } from './system-account-news.js';
import { WatchedServer } from './watched-server.js';

/** Pages that come together are looked at together. */
const SETTLE_AFTER_MS = 20;
/** A page on streams may be so many looks old where a server answers, only not with that. */
const STALE_LOOKS = 3;
/** In an account that is not the system's nobody answers: unless that was asked for, it is not tried for ever. */
const MOST_VAIN_FINDS = 3;
/** One question alone may have been too much for a busy server. */
const TELLING_VAIN_FINDS = 2;

export interface ServerProbesOptions {
  /** Those that there should be; none: they are found by the account of the system. */
  readonly targets: readonly ServerTarget[];
  readonly everyMs: number;
  /** A server that has not answered by then counts as away, and is not asked again before. */
  readonly deadlineMs: number;
  /** Those beyond are told as one, `other`. */
  readonly maxStreams: number;
  readonly maxConsumers: number;
  /** Where advisories are heard in the account of the events. */
  readonly access: ServerAccess;
  /** The account of the system, where that is another. */
  readonly systemAccess?: ServerAccess;
  /** The name under which the servers list its connections. */
  readonly connectionName: string;
  readonly sink: OwnEventSink;
  readonly onNotice: (notice: LoadNotice) => void;
}

/**
 * Asks every server about itself, again and again, and listens to advisories. What it sees is told by metrics, whether or not
 * there is a server to publish to, and by events. A server that does not answer delays nobody else.
 */
export class ServerProbes implements MetricSource {
  readonly #options: ServerProbesOptions;
  readonly #limit: DetailLimit;
  readonly #groups: GroupBook;
  readonly #advisories: AdvisoryCount;
  readonly #ears: AdvisoryEar[] = [];
  #systemEar: AdvisoryEar | undefined;
  readonly #systemNews: SystemAccountNews;
  /** By address, or by id where they are found by the system account. */
  #servers = new Map<string, WatchedServer>();
  /** Which there should be; 0: as many as were ever there. */
  #named = 0;
  #largestSize = 0;
  readonly #largestRoutes = new Map<string, number>();
  #isFinding = false;
  #vainFinds = 0;
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** Set while pages wait to be looked at, and are. */
  #settling: NodeJS.Timeout | undefined;
  #isUnsettled = false;

  constructor(options: ServerProbesOptions) {
    this.#options = options;
    // Every question that is open listens to it, and no longer.
    setMaxListeners(0, this.#stopped.signal);
    this.#limit = new DetailLimit(options.maxStreams, options.maxConsumers);
    this.#groups = new GroupBook(this.#limit, options.sink);
    this.#advisories = new AdvisoryCount(options.sink);
    this.#systemNews = new SystemAccountNews(options.onNotice, options.sink);
    this.useTargets(options.targets);
  }

  start(): void {
    const { access, systemAccess, connectionName, everyMs } = this.#options;
    const onAdvisory = (advisory: ToldAdvisory, account: string | undefined) => {
      if (this.#advisories.add(advisory)) this.#groups.onAdvisory(advisory, account);
    };
    const own = new AdvisoryEar({ access, name: `${connectionName} advisories`, onAdvisory });
    this.#ears.push(own);
    this.#systemEar = own;
    if (systemAccess !== undefined) {
      this.#systemEar = new AdvisoryEar({
        access: systemAccess,
        name: `${connectionName} system`,
        onAdvisory,
        onSystemNews: (what) => this.#advisories.addKind(`SYS.${what}`),
        onTrouble: (reason) => this.#systemNews.onTrouble(reason),
      });
      this.#ears.push(this.#systemEar);
    }
    this.#round();
    this.#timer = setInterval(() => this.#round(), everyMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#settling);
    this.#stopped.abort();
    await Promise.all(this.#ears.map((ear) => ear.end()));
  }

  /** The servers that there should be from now on; those that are known already go on as they are. */
  useTargets(targets: readonly ServerTarget[]): void {
    this.#named = targets.length;
    if (targets.length === 0) return;
    const servers = new Map<string, WatchedServer>();
    for (const { name, serverName, monitorUrl } of targets) {
      const key = `${monitorUrl} ${name ?? ''} ${serverName ?? ''}`;
      servers.set(key, this.#servers.get(key) ?? this.#watch(monitorUrl, name, serverName));
    }
    const stay = new Set(servers.values());
    for (const server of this.#servers.values()) if (!stay.has(server)) server.leave();
    this.#servers = servers;
  }

  *families(): Iterable<MetricFamily> {
    const servers = [...this.#servers.values()];
    // Nobody who did not ask for it is told that none is watched.
    const isWanted = this.#named > 0 || this.#options.systemAccess !== undefined || servers.length > 0;
    if (isWanted) yield family('cim_nats_servers_watched', [{ labels: {}, value: servers.length }]);
    yield* mergeFamilies(servers.flatMap(({ books }) => books));
    yield* clusterFamilies(servers, {
      named: this.#named,
      largestSize: this.#largestSize,
      largestRoutes: this.#largestRoutes,
    });
    yield* this.#groups.families();
    yield this.#advisories.family();
  }

  #watch(monitorUrl: string, name?: string, serverName?: string): WatchedServer {
    return new WatchedServer({
      ...(name !== undefined && { name }),
      ...(serverName !== undefined && { serverName }),
      address: new URL(monitorUrl).host,
      door: httpDoor(monitorUrl, this.#options.deadlineMs, this.#stopped.signal),
      ...this.#shared,
    });
  }

  get #shared() {
    const { signal } = this.#stopped;
    return {
      limit: this.#limit,
      // What is seen while everything ends is no news.
      sink: { publish: (event: OwnEvent) => signal.aborted || this.#options.sink.publish(event) },
      staleMs: STALE_LOOKS * this.#options.everyMs + this.#options.deadlineMs,
    };
  }

  #round(): void {
    this.#limit.tidy();
    if (this.#named === 0) void this.#find();
    const labels = new Set<string>();
    for (const server of this.#servers.values()) {
      server.isNamesake = labels.has(server.ownLabel);
      labels.add(server.ownLabel);
      void server.look().then(() => this.#settleSoon());
    }
  }

  /** Servers have another id after each start: what is called the same is the same. */
  async #find(): Promise<void> {
    const connection = this.#systemEar?.connection;
    const isAsked = this.#options.systemAccess !== undefined;
    if (connection === undefined || this.#isFinding) return;
    if (!isAsked && this.#vainFinds >= MOST_VAIN_FINDS) return;
    this.#isFinding = true;
    try {
      const found = await findServers(connection, this.#options.deadlineMs);
      if (found.length > 0) this.#onFound(found.length);
      else this.#onVainFind();
      const ids = new Set(found.map(({ id }) => id));
      for (const { id, name } of found) {
        if (this.#servers.has(id)) continue;
        for (const [key, server] of this.#servers) {
          if (server.serverName !== name || ids.has(key)) continue;
          server.leave('it was started anew');
          this.#servers.delete(key);
        }
        const door = systemDoor(connection, id, this.#options.deadlineMs);
        this.#servers.set(id, new WatchedServer({ name, address: id, door, ...this.#shared }));
      }
    } catch {
      // Nobody is found without a connection, either: those that are known are asked, and do not answer.
      if (!connection.isClosed()) this.#onVainFind();
    } finally {
      this.#isFinding = false;
    }
  }

  #onFound(servers: number): void {
    this.#vainFinds = 0;
    this.#systemNews.onFound(servers);
  }

  /** Of servers that are known and do not answer, their figures tell. */
  #onVainFind(): void {
    if (this.#servers.size > 0) return;
    this.#vainFinds++;
    if (this.#options.systemAccess === undefined || this.#vainFinds !== TELLING_VAIN_FINDS) return;
    const { account = 'of its user' } = this.#systemEar!;
    this.#systemNews.onTrouble(`no server answers in the account ${account}, which is not the system's`);
  }

  async #settle(): Promise<void> {
    await this.#settlePages().catch((thrown: unknown) => {
      const fields = { reason: messageOf(thrown) };
      this.#options.sink.publish({ domain: 'nats', type: 'PagesMisunderstood', fields });
    });
    this.#settling = undefined;
    if (this.#isUnsettled) this.#settleSoon();
  }

  #settleSoon(): void {
    this.#isUnsettled = this.#settling !== undefined;
    if (this.#stopped.signal.aborted) return;
    this.#settling ??= setTimeout(() => void this.#settle(), SETTLE_AFTER_MS);
  }

  async #settlePages(): Promise<void> {
    const servers = [...this.#servers.values()];
    // Before all were looked at, the picture would be one of a system that is half away.
    if (servers.some((server) => !server.isLookedAt)) return;
    this.#largestSize = Math.max(this.#largestSize, servers.filter(({ isUp }) => isUp).length);
    for (const { label, peers } of servers) {
      this.#largestRoutes.set(label, Math.max(this.#largestRoutes.get(label) ?? 0, peers.size));
    }
    const byName = new Map(servers.map((server) => [server.serverName, server]));
    const known: ServersKnown = {
      isAway: (name) => byName.get(name)?.isUp === false,
      isWatched: (name) => byName.has(name),
      knownSinceMs: (name) => byName.get(name)?.knownSinceMs ?? Number.POSITIVE_INFINITY,
      label: (name) => byName.get(name)?.label ?? name,
    };
    const pages = servers.flatMap(({ serverName, jsz, metaLeaderSinceMs }) =>
      jsz === undefined || serverName === undefined ? [] : [{ server: serverName, jsz, metaLeaderSinceMs }],
    );
    await this.#groups.settle(pages, known);
  }
}
