import { join } from 'node:path';
import { sleep } from '../../base/clock.js';
import type { LinkEvent } from '../../contracts/cluster.js';
import { CLIENTS } from '../../contracts/links.js';
import { leasePorts, type PortLease } from '../../processes/port-lease.js';
import { CLUSTER_UNDO_ID } from '../cluster-undo.js';
import type { LinkProxy } from './link-proxy.js';
import type { NewProxy } from './toxiproxy-api.js';
import { ToxiproxyLinks } from './toxiproxy-links.js';
import { ToxiproxyProcess } from './toxiproxy-process.js';

const HOST = '127.0.0.1';
const ATTEMPTS = 5;
const BETWEEN_ATTEMPTS_MS = 1_000;

export interface ProcessLinksOptions {
  readonly runId: string;
  readonly logDir: string;
  /** Where the stormglass processes of this user meet: ports are leased there. */
  readonly stateDir: string;
  /** The toxiproxy-server to run. */
  readonly program: string;
  /** Which links get proxies. */
  readonly links: { readonly routes: boolean; readonly clients: boolean };
  readonly onEvent: (event: LinkEvent) => void;
}

/** The ports on which a node itself listens. */
export interface ListeningPorts {
  readonly client: number;
  readonly route: number;
}

/** A proxy of ours, as it is made and as it stands on a link. */
interface OwnProxy extends LinkProxy, NewProxy {
  readonly port: number;
}

/**
 * The links of a cluster whose servers are processes of ours: each directed route, and the clients' way to each node, has
 * a proxy of its own. Ports are leased when a node is added, so that configurations can name them; proxies are made when
 * it starts.
 */
export class ProcessLinks implements AsyncDisposable {
  readonly control: ToxiproxyLinks;
  /** What servers are to advertise: nothing listens there, so that nobody finds a way past the proxies. */
  readonly deadAddress: string;
  readonly #options: ProcessLinksOptions;
  readonly #process: ToxiproxyProcess;
  readonly #nodes = new Map<string, ListeningPorts>();
  readonly #leases: PortLease[] = [];
  #proxies: readonly OwnProxy[] = [];
  #isStarted = false;
  #isClosed = false;

  private constructor(options: ProcessLinksOptions, lease: PortLease) {
    const [port, deadPort] = lease.ports as [number, number];
    const { runId, logDir, program, onEvent } = options;
    this.#options = options;
    this.#leases.push(lease);
    this.deadAddress = `${HOST}:${deadPort}`;
    this.#process = new ToxiproxyProcess({
      program,
      port,
      logFile: join(logDir, 'toxiproxy.log'),
      mark: runId,
      proxies: () => this.#proxies,
      onEnd: (how) => void this.#comeBack(how),
    });
    this.control = new ToxiproxyLinks({
      mark: runId,
      proxies: () => this.#proxies,
      within: CLUSTER_UNDO_ID,
      revive: () => this.#process.restart(),
      onEvent: (event) => {
        if (!this.#isClosed) onEvent(event);
      },
    });
  }

  /** Leases what is needed to begin with; starts nothing. */
  static async create(options: ProcessLinksOptions): Promise<ProcessLinks> {
    return new ProcessLinks(options, await leasePorts(2, { stateDir: options.stateDir }));
  }

  /** Sets ports aside for the links between new nodes and all there are; makes their proxies when it has started. */
  async addNodes(nodes: ReadonlyMap<string, ListeningPorts>): Promise<void> {
    const { routes, clients } = this.#options.links;
    const old = [...this.#nodes.keys()];
    for (const [name, ports] of nodes) this.#nodes.set(name, ports);
    const ways: { readonly from: string; readonly to: string }[] = [];
    for (const name of nodes.keys()) {
      if (clients) ways.push({ from: CLIENTS, to: name });
      if (!routes) continue;
      for (const other of this.#nodes.keys()) {
        if (other === name) continue;
        ways.push({ from: name, to: other });
        if (old.includes(other)) ways.push({ from: other, to: name });
      }
    }
    const lease = await leasePorts(ways.length, { stateDir: this.#options.stateDir });
    this.#leases.push(lease);
    const added = ways.map(({ from, to }, i): OwnProxy => {
      const port = lease.ports[i] as number;
      const { client, route } = this.#nodes.get(to) as ListeningPorts;
      return {
        url: this.#process.url,
        name: `${from}-to-${to}`,
        from,
        to,
        port,
        listen: `${HOST}:${port}`,
        upstream: `${HOST}:${from === CLIENTS ? client : route}`,
      };
    });
    this.#proxies = [...this.#proxies, ...added];
    if (this.#isStarted) await this.control.addProxies(this.#process.url, added);
  }

  /** Forgets the links of a node that was taken away again. */
  removeNode(name: string): void {
    this.#nodes.delete(name);
    this.#proxies = this.#proxies.filter(({ from, to }) => from !== name && to !== name);
  }

  /** Where a node is to dial another's route. */
  routePort(from: string, to: string): number {
    return this.#port(from, to) ?? this.#listening(to).route;
  }

  /** Where the load is to dial a node. */
  clientPort(node: string): number {
    return this.#port(CLIENTS, node) ?? this.#listening(node).client;
  }

  /** Starts Toxiproxy with its proxies. @throws PreflightError with what it says */
  async start(): Promise<void> {
    await this.#process.restart();
    this.#isStarted = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#process.close();
    for (const lease of this.#leases.splice(0)) lease[Symbol.dispose]();
  }

  /** It has died by itself: every link is down until it is back. */
  async #comeBack(how: string): Promise<void> {
    if (!this.#isStarted) return;
    const isNeeded = () => !this.#process.isRunning && !this.#isClosed;
    for (let attempt = 1; attempt <= ATTEMPTS && isNeeded(); attempt++) {
      try {
        await this.control.bringBack(this.#process.url, how, isNeeded);
      } catch {
        // That has been told; a machine under pressure may have room for a process again in a moment.
        await sleep(BETWEEN_ATTEMPTS_MS);
      }
    }
  }

  #port(from: string, to: string): number | undefined {
    return this.#proxies.find((proxy) => proxy.from === from && proxy.to === to)?.port;
  }

  #listening(node: string): ListeningPorts {
    const ports = this.#nodes.get(node);
    if (ports === undefined) throw new RangeError(`there is no node ${node} to link`);
    return ports;
  }
}
