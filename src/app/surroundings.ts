/** What stormglass takes from its surroundings; the command line reads it from the environment, an embedding program chooses. */
export interface Surroundings {
  /** Servers that were built are kept here: `~/.cache/stormglass`. */
  readonly cacheDir: string;
  /** Which runs are alive, or died: `~/.local/state/stormglass`. */
  readonly stateDir: string;
  /** Stores of the servers that a run starts. */
  readonly tempDir: string;
  /** Where tools are looked for, in the form of the PATH variable. */
  readonly path: string;
  /** The environment that the Go toolchain and the watchdog inherit. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** An explicit nats-server, before all other sources. */
  readonly natsServer?: string;
  /** An explicit toxiproxy-server. */
  readonly toxiproxyServer?: string;
  /** An explicit Prometheus, and an explicit Alertmanager. */
  readonly prometheus?: string;
  readonly alertmanager?: string;
  /** Path of node. */
  readonly executable: string;
  /** Programs of threads, of the processes that faults start, and of the watchdog. */
  readonly entries: {
    readonly generator: URL;
    readonly monitor: URL;
    readonly pressure: URL;
    readonly watchdog: URL;
  };
}
