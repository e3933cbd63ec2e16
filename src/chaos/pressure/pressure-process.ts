import { setPriority } from 'node:os';
import { messageOf } from '../../base/errors.js';
import type { FromHelper, ToHelper } from '../../contracts/machine.js';
import { burnCpu } from './burn-cpu.js';
import { holdMemory } from './hold-memory.js';
import { offerToOomKiller } from './offer-to-oom-killer.js';
import { openConnections } from './open-connections.js';
import type { PressureReport, PressureTask } from './pressure-task.js';
import { publishFlood } from './publish-flood.js';
import { readSlowly } from './read-slowly.js';
import { sendPoison } from './send-poison.js';

/** The side of a process that talks to the one that forked it. */
export interface PressureChannel {
  send(message: FromHelper): void;
  /** Called once, with what is to be done. */
  onBegin(listener: (told: ToHelper) => void): void;
  /** The parent is gone, or does not need us any more. */
  onClose(listener: () => void): void;
  /** Ends the process at once. */
  exit(): void;
}

/** A pressure that is at work: it goes on until the process ends. */
export interface Pressure {
  report(): PressureReport;
}

/** Told by a pressure that cannot go on. */
export type GiveUp = (why: string) => void;

const REPORT_EVERY_MS = 500;
/** What was said is on its way. */
const LAST_WORDS_MS = 200;

/**
 * The main function of a pressure process: does what its parent tells it until that goes away, or its time is over.
 * What it does in the end is always to exit: it has nothing to tidy up.
 *
 * @param entry the program itself, for threads of its own
 */
export function runPressureProcess(channel: PressureChannel, entry: URL): void {
  const giveUp: GiveUp = (error) => {
    channel.send({ say: 'failed', error });
    setTimeout(() => channel.exit(), LAST_WORDS_MS);
  };
  channel.onClose(() => channel.exit());
  channel.onBegin(({ task, maxMs, niceness }) => {
    setTimeout(() => channel.exit(), maxMs);
    void (async () => {
      try {
        await offerToOomKiller();
        if (niceness > 0) setPriority(niceness);
        const pressure = await begin(task as PressureTask, entry, giveUp);
        channel.send({ say: 'ready' });
        setInterval(() => channel.send({ say: 'report', report: pressure.report() }), REPORT_EVERY_MS);
      } catch (thrown) {
        giveUp(messageOf(thrown));
      }
    })();
  });
}

function begin(task: PressureTask, entry: URL, giveUp: GiveUp): Pressure | Promise<Pressure> {
  switch (task.do) {
    case 'burn-cpu':
      return burnCpu(task, entry, giveUp);
    case 'hold-memory':
      return holdMemory(task);
    case 'open-connections':
      return openConnections(task);
    case 'read-slowly':
      return readSlowly(task);
    case 'publish-flood':
      return publishFlood(task, giveUp);
    case 'send-poison':
      return sendPoison(task);
  }
}
