/** A node that a fault of the user's own acts on. */
export interface OwnTarget {
  readonly name: string;
  readonly host: string;
  readonly clientPort: number;
  /** `http://127.0.0.1:8222`; absent where the server's monitoring endpoint is not known. */
  readonly monitorUrl?: string;
  /** Of the server, when the fault began; absent where it is no process of this machine, or is down. */
  readonly pid?: number;
  /** Absent where its streams are not on this machine. */
  readonly storeDir?: string;
}

/** What a command of the fault's came to. */
export interface CommandEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What every function of a fault of the user's own is handed. */
export interface OwnFaultScene {
  /** Unique within the run: `fault-3`. */
  readonly id: string;
  readonly targets: readonly OwnTarget[];
  /** As the scenario gives them. */
  readonly params: Readonly<Record<string, unknown>>;
  /** A directory of the run's own, removed with it. */
  readonly workDir: string;
  /** Aborts when the fault is to end before its time. */
  readonly signal: AbortSignal;
  /** In [0, 1): the same numbers for the same fault of the same seed. */
  random(): number;
  /** Runs a program to its end, without a shell. Rejects when it cannot be started, or takes longer than 30 s. */
  run(program: string, ...args: readonly string[]): Promise<CommandEnd>;
}

/** A command that undoes a part of the fault. It is on the disk before the fault is made, and may be run twice. */
export interface OwnUndo {
  /** For people: `let n2 run on every core again`. */
  readonly what: string;
  /** The program and its arguments; no shell. It must end with 0. */
  readonly command: readonly string[];
  /** It is of no use once the cluster of the run is gone, and is not run then. */
  readonly goesWithCluster?: boolean;
}

/** What a look from outside showed; `holds` answers the stage's question. */
export interface OwnLook {
  readonly at: string;
  readonly saw: string;
  readonly holds: boolean;
}

/** A fault of the user's own. */
export interface OwnFault {
  /** What undoes all that `inject` will do, whether it was done or not. Changes nothing. */
  undo(scene: OwnFaultScene): readonly OwnUndo[] | Promise<readonly OwnUndo[]>;
  inject(scene: OwnFaultScene): void | Promise<void>;
  /**
   * Looks once, from outside, without waiting. `before`: is it as it should be without the fault; `during`: has it
   * bitten; `after`: is it gone.
   */
  look(
    scene: OwnFaultScene,
    stage: 'before' | 'during' | 'after',
  ): readonly OwnLook[] | Promise<readonly OwnLook[]>;
}

/** Says that an object is a fault, so that an editor knows its parts. */
export const defineFault = (fault: OwnFault): OwnFault => fault;
