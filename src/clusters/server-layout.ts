import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeEvent } from '../contracts/cluster.js';
import type { ClusterAccounts } from './cluster-accounts.js';
import type { ClusterTls } from './cluster-tls.js';
import type { ProcessClusterParams } from './process-cluster-schema.js';
import { serverConfigText } from './server-config-text.js';
import { ServerNode } from './server-node.js';
import { type NodePorts, nodeSettings } from './server-settings.js';
import type { ProcessLinks } from './toxiproxy/process-links.js';

export interface ServerLayoutOptions {
  readonly runId: string;
  readonly logDir: string;
  readonly workDir: string;
  readonly serverPath: string;
  readonly onNodeEvent: (event: NodeEvent) => void;
  readonly accounts: ClusterAccounts;
  readonly tls: ClusterTls | undefined;
  readonly params: ProcessClusterParams;
  /** What stands between the servers, where something does. */
  readonly links: ProcessLinks | undefined;
}

/** Where the servers of a cluster have their configuration, their stores and their ports; starts nothing. */
export class ServerLayout {
  readonly #options: ServerLayoutOptions;
  /** By node: its ports, in the order in which the nodes were laid out. */
  readonly #ports = new Map<string, NodePorts>();

  constructor(options: ServerLayoutOptions) {
    this.#options = options;
  }

  /** Sets ports aside for a node, which every configuration that is written from here on routes to. */
  reserve(name: string, ports: NodePorts): void {
    this.#ports.set(name, ports);
  }

  /** Forgets a node, where its configuration is not written for it to be started any more. */
  forget(name: string): void {
    this.#ports.delete(name);
  }

  /** Writes the configuration of a node that has its ports. */
  async layOut(name: string): Promise<ServerNode> {
    const { runId, logDir, workDir, serverPath, onNodeEvent } = this.#options;
    await this.configure(name, name);
    return new ServerNode({
      name,
      ports: this.#portsOf(name),
      command: serverPath,
      configFile: this.configFile(name),
      logFile: join(logDir, `${name}.log`),
      storeDir: join(workDir, name),
      mark: runId,
      onEvent: onNodeEvent,
    });
  }

  /** Writes the configuration under which a node's next start is the server of that name, with that server's own store. */
  async configure(name: string, serverName: string): Promise<{ readonly storeDir: string }> {
    const { runId, workDir, accounts, tls, params, links } = this.#options;
    const storeDir = join(workDir, serverName);
    await mkdir(storeDir, { recursive: true });
    const settings = nodeSettings({
      name: serverName,
      clusterName: `stormglass-${runId}`,
      ports: this.#portsOf(name),
      otherRoutes: [...this.#ports]
        .filter(([other]) => other !== name)
        .map(([other, { route }]) => links?.routePort(name, other) ?? route),
      deadAddress: links?.deadAddress,
      storeDir,
      accounts: accounts.settings,
      tls: tls?.settings,
      params,
    });
    await writeFile(this.configFile(name), serverConfigText(settings), { mode: 0o600 });
    return { storeDir };
  }

  /** Where the configuration of a node is, or will be. */
  configFile(name: string): string {
    return join(this.#options.workDir, `${name}.conf`);
  }

  #portsOf(name: string): NodePorts {
    const ports = this.#ports.get(name);
    if (ports === undefined) throw new RangeError(`node ${name} has no ports`);
    return ports;
  }
}
