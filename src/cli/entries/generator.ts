// The program of a generator thread.
import { parentPort, workerData } from 'node:worker_threads';
import { generatorWorker } from '../../app/generator-worker.js';

if (parentPort === null) throw new Error('this is the program of a thread, not of a process');
await generatorWorker(parentPort, workerData);
