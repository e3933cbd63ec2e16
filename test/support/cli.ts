import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from '../../src/base/wait.js';
import type { ProcessIdentity } from '../../src/contracts/cluster.js';
import type { JournalEvent } from '../../src/contracts/journal.js';
import type { Summary } from '../../src/contracts/summary.js';
import { identify } from '../../src/processes/identity.js';
import { natsServerPath } from './nats-server.js';
import { portClaimsOf, shareTestPorts } from './test-ports.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface CliEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A stormglass command that runs, as a user's shell would have started it. */
export interface CliProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<CliEnd>;
  /** What it has written to stderr until now. */
  stderr(): string;
}

/**
 * A place of its own for a test: home of the state, temporary directory, reports. Everything that a run leaves
 * running or lying about can be told by it.
 */
export class Workplace implements AsyncDisposable {
  readonly root = mkdtempSync(join(tmpdir(), 'stormglass-e2e-'));
  readonly reports = join(this.root, 'reports');
  readonly temp = join(this.root, 'tmp');
  readonly state = join(this.root, 'state');
  readonly #started: ChildProcess[] = [];
  readonly #identities: ProcessIdentity[] = [];

  constructor() {
    mkdirSync(this.temp);
    shareTestPorts(join(this.state, 'stormglass'));
  }

  /** Writes a file and returns its path. */
  write(name: string, text: string): string {
    const file = join(this.root, name);
    writeFileSync(file, text);
    return file;
  }

  /** @param openFiles how many files the process, and each that it starts, may have open */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}, openFiles?: number): CliProcess {
    const limited = openFiles === undefined ? [] : ['sh', '-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh'];
    const [command = '', ...rest] = [...limited, process.execPath, MAIN, ...args];
    const child = spawn(command, rest, {
      cwd: this.root,
      env: {
        PATH: process.env.PATH,
        HOME: this.root,
        TMPDIR: this.temp,
        XDG_STATE_HOME: this.state,
        XDG_CACHE_HOME: join(this.root, 'cache'),
        STORMGLASS_NATS_SERVER: natsServerPath(),
        NO_COLOR: '1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#started.push(child);
    const identity = identify(child.pid as number);
    if (identity) this.#identities.push(identity);
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk;
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    const ended = new Promise<CliEnd>((resolve) => {
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    });
    return { child, ended, stderr: () => stderr };
  }

  /** Runs a command to its end. */
  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliEnd> {
    return this.start(args, env).ended;
  }

  /** Starts the run of a scenario with this text, whose report is left in this place. */
  startScenario(text: string, ...options: string[]): CliProcess {
    return this.start(['run', this.write('s.yaml', text), '--out', this.reports, ...options]);
  }

  /** Runs a scenario with this text to its end. */
  async runScenario(text: string, ...options: string[]): Promise<CliEnd> {
    return this.startScenario(text, ...options).ended;
  }

  /** The folder of the only run there was. */
  runDir(): string {
    const runs = this.runDirs();
    if (runs.length !== 1) throw new Error(`expected one run, found: ${runs.join(', ') || 'none'}`);
    return runs[0] as string;
  }

  runDirs(): string[] {
    if (!existsSync(this.reports)) return [];
    return readdirSync(this.reports)
      .filter((name) => name !== 'latest')
      .map((name) => join(this.reports, name));
  }

  /** The journal so far; a line that is being written does not count. */
  journal(): JournalEvent[] {
    const file = this.runDirs().map((dir) => join(dir, 'journal.ndjson'))[0];
    if (file === undefined || !existsSync(file)) return [];
    const text = readFileSync(file, 'utf8');
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as JournalEvent);
  }

  /** Waits until the journal has such an event. */
  async event(matches: (event: JournalEvent) => boolean, what: string): Promise<JournalEvent> {
    const found = await waitFor(() => this.journal().find(matches), { timeoutMs: 90_000 });
    if (!found) throw new Error(`the journal never got ${what}: ${JSON.stringify(this.journal().slice(-5))}`);
    return found;
  }

  async phase(phase: string): Promise<JournalEvent> {
    return this.event(
      (event) => event.type === 'phase' && event.phase === phase && event.what === 'begin',
      `phase ${phase}`,
    );
  }

  summary(): Summary {
    return JSON.parse(readFileSync(join(this.runDir(), 'summary.json'), 'utf8')) as Summary;
  }

  /** Command lines of what still runs and belongs to this place. */
  running(): string[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .flatMap((pid) => {
        try {
          const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
          const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
          return (environment.includes(this.root) || line.includes(this.root)) && line !== ''
            ? [`${pid} ${line}`]
            : [];
        } catch {
          return [];
        }
      });
  }

  /** Pids of the servers that run, by the node's name in their command line. */
  serverPids(): Map<string, number> {
    const pids = new Map<string, number>();
    for (const line of this.running()) {
      const [pid, command] = [Number(line.split(' ')[0]), line];
      const node = /[\\/](n\d+)[\\/.]/.exec(command)?.[1];
      if (node !== undefined && command.includes('nats-server')) pids.set(node, pid);
    }
    return pids;
  }

  /** What is left behind, once things had the time to end: processes, temporary files, registered runs, claims on ports. */
  async leftovers(): Promise<string[]> {
    await waitFor(() => this.#leftNow().length === 0, { timeoutMs: 60_000, everyMs: 100 });
    return this.#leftNow();
  }

  #leftNow(): string[] {
    const runs = join(this.state, 'stormglass', 'runs');
    return [
      ...this.running(),
      ...readdirSync(this.temp),
      ...(existsSync(runs) ? readdirSync(runs) : []),
      ...portClaimsOf(this.#identities),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#started) if (child.exitCode === null) child.kill('SIGKILL');
    await waitFor(() => this.running().length === 0, { timeoutMs: 20_000, everyMs: 100 });
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** `cluster` of a scenario for a server that the test runs itself, with the consent to load it. */
export function externalCluster(address: string, monitorUrl?: string): string {
  const pages = monitorUrl === undefined ? '' : `, monitor-urls: ['${monitorUrl}']`;
  return `{ driver: external, servers: ['nats://${address}'], allow: ['${address}']${pages} }`;
}

export interface ScenarioParts {
  readonly cluster?: string;
  readonly streams?: string;
  readonly load?: string;
  readonly faults?: string;
  readonly checks?: string;
  readonly thresholds?: string;
  readonly limits?: string;
  readonly guards?: string;
}

/** A short scenario on three nodes; a part that is given takes the place of its own. */
export function scenarioText(parts: ScenarioParts = {}): string {
  const {
    cluster = '{ driver: process, nodes: 3 }',
    streams = '[{ name: ORDERS, subjects: [cim.events.orders.>], replicas: 3 }]',
    // A machine that is busy with other tests shall not make a run inconclusive.
    load = '[{ name: orders, kind: js-publish, domains: [orders], rate: 500/s, for: 3s, max-lateness: 30s }]',
    faults = '[]',
    checks = '[acked-loss]',
    thresholds = '{}',
    limits = '{}',
    guards = '{}',
  } = parts;
  return `version: 1
name: short
seed: 7
cluster: ${cluster}
events:
  subject: cim.events.{domain}.{type}
  mix:
    - { domain: orders, types: { Placed: 70, Paid: 30 }, size: 128B }
    - { domain: telemetry, types: { Sampled: 1 }, size: 16B }
streams: ${streams}
load: ${load}
faults: ${faults}
checks: ${checks}
thresholds: ${thresholds}
monitor: { port: 0 }
limits: ${limits}
guards: ${guards}
`;
}
