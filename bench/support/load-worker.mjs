import { parentPort, workerData } from 'node:worker_threads';
import { runGeneratorWorker } from '../../dist/generators/generator-worker.js';
import { jsPublish } from '../../dist/generators/js-publish.js';
import { publish } from '../../dist/generators/publish.js';

await runGeneratorWorker(parentPort, workerData, [publish, jsPublish]);
