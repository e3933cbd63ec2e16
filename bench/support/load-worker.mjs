import { parentPort, workerData } from 'node:worker_threads';
import { LOAD_KINDS } from '../../dist/app/plugins.js';
import { runGeneratorWorker } from '../../dist/generators/generator-worker.js';

await runGeneratorWorker(parentPort, workerData, LOAD_KINDS);
