import type { ChildProcess } from 'node:child_process';
import { restoreFailure } from '../base/thread-failure.js';
import type { GeneratorTask, LoadFleet, LoadFleetListener } from '../contracts/load.js';
import { type GeneratorHost, startProcess, startThread } from './generator-host.js';
import type { FromLoadWorker, ToLoadWorker } from './worker-messages.js';

/** A worker that has said its last word has this long to end by itself. */
const END_MS = 2000;

/** Starts a process whose program calls `runGeneratorProcess`; it ends with ours. */
export type ForkGenerator = (entry: URL) => ChildProcess;

/**
 * Starts one worker a task: a thread, or for those that `isApart` names a process.
 *
 * @param entry the module that calls `runGeneratorWorker` with its `parentPort` and `workerData`
 */
export function startLoadFleet(
  tasks: readonly GeneratorTask[],
  entry: URL,
  listener: LoadFleetListener,
  { fork, isApart }: { readonly fork?: ForkGenerator; readonly isApart?: (task: number) => boolean } = {},
): LoadFleet {
  const members = tasks.map(
    (task, i) => new FleetMember(task, entry, listener, isApart?.(i) ? fork : undefined),
  );
  stopFollowers(tasks, members);
  return {
    processes: members.flatMap(({ host: { pid } }, i) => {
      const { load, worker } = tasks[i] as GeneratorTask;
      return pid === undefined ? [] : [{ name: `${load.name} ${worker}`, pid }];
    }),
    ready: async () => void (await Promise.all(members.map((member) => member.ready))),
    start: (atNs) => {
      for (const member of members) member.tell({ say: 'start', atNs });
    },
    beginPhase: (phase, atNs) => {
      for (const member of members) member.host.beginPhase(phase, atNs);
    },
    stop: () => {
      for (const member of members) member.tell({ say: 'stop' });
    },
    finished: async () => {
      // One that failed does not keep the others from their outcomes.
      const ends = await Promise.allSettled(members.map((member) => member.finished));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    },
    failed: () =>
      Promise.race(members.map((member) => member.finished.then(() => new Promise<never>(() => {})))),
    [Symbol.asyncDispose]: async () => void (await Promise.all(members.map((member) => member.end()))),
  };
}

/** A load that follows lasts until every load that does not has ended, one way or the other. */
function stopFollowers(tasks: readonly GeneratorTask[], members: readonly FleetMember[]): void {
  const isFollower = (i: number): boolean => {
    const { schedule } = (tasks[i] as GeneratorTask).load;
    return schedule.mode === 'follow' && schedule.durationNs === undefined;
  };
  const followers = members.filter((_, i) => isFollower(i));
  const leaders = members.filter((_, i) => !isFollower(i));
  if (followers.length === 0) return;
  void Promise.allSettled(leaders.map(({ finished }) => finished)).then(() => {
    for (const follower of followers) follower.tell({ say: 'stop' });
  });
}

class FleetMember {
  readonly ready: Promise<void>;
  readonly finished: Promise<void>;
  readonly host: GeneratorHost;
  #isOver = false;

  /** @param fork for a worker in a process of its own */
  constructor(task: GeneratorTask, entry: URL, listener: LoadFleetListener, fork: ForkGenerator | undefined) {
    const name = `load ${task.load.name}, worker ${task.worker}`;
    const ready = openPromise();
    const finished = openPromise();
    this.ready = ready.promise;
    this.finished = finished.promise;
    const fail = (error: Error) => {
      this.#isOver = true;
      ready.reject(error);
      finished.reject(error);
    };
    // Whoever awaits them hears of it; that nobody does yet is no crash.
    this.ready.catch(() => {});
    this.finished.catch(() => {});

    const hear = {
      onMessage: (message: FromLoadWorker) => {
        switch (message.say) {
          case 'ready':
            if (message.crowd) listener.onCrowd?.(task.load.name, message.crowd, fork !== undefined);
            return ready.resolve();
          case 'report':
            return listener.onReport(message.report);
          case 'sample':
            return listener.onSample?.(message.sample);
          case 'spans':
            return listener.onSpans?.(message.report);
          case 'notice':
            return listener.onNotice(message.notice);
          case 'finished':
            this.#isOver = true;
            // A load that was stopped before its start is ready and finished at once.
            ready.resolve();
            return finished.resolve();
          case 'failed':
            return fail(restoreFailure(name, message.failure));
        }
      },
      onError: (error: Error) => fail(new Error(`${name} crashed`, { cause: error })),
      onExit: (how: string) => fail(new Error(`${name} ended unexpectedly, ${how}`)),
    };
    this.host = fork ? startProcess(task, fork(entry), hear) : startThread(task, entry, name, hear);
  }

  tell(message: ToLoadWorker): void {
    this.host.tell(message);
  }

  /** Ends it; one that is over is given the time to end by itself. */
  async end(): Promise<void> {
    const patience = setTimeout(() => this.host.terminate(), this.#isOver ? END_MS : 0);
    await this.host.exited;
    clearTimeout(patience);
  }
}

interface OpenPromise {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(reason: Error): void;
}

function openPromise(): OpenPromise {
  let resolve!: () => void;
  let reject!: (reason: Error) => void;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
