import type { MessagePort } from 'node:worker_threads';
import type { GeneratorTask } from '../contracts/load.js';
import { type ParentChannel, runGeneratorProcess } from '../generators/generator-process.js';
import { runGeneratorWorker } from '../generators/generator-worker.js';
import { LOAD_KINDS } from './plugins.js';

export { endWithLastWord } from '../generators/last-word.js';

/** The main function of a generator thread, with every kind of load there is. */
export const generatorWorker = (port: MessagePort, task: GeneratorTask): Promise<void> =>
  runGeneratorWorker(port, task, LOAD_KINDS);

/** The main function of a generator process. */
export const generatorProcess = (channel: ParentChannel): Promise<void> =>
  runGeneratorProcess(channel, LOAD_KINDS);
