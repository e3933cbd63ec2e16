import type { MessagePort } from 'node:worker_threads';
import type { GeneratorTask } from '../contracts/load.js';
import { runGeneratorWorker } from '../generators/generator-worker.js';
import { LOAD_KINDS } from './plugins.js';

/** The main function of a generator thread, with every kind of load there is. */
export const generatorWorker = (port: MessagePort, task: GeneratorTask): Promise<void> =>
  runGeneratorWorker(port, task, LOAD_KINDS);
