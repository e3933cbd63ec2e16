// The program of the monitor's thread.
import { parentPort, workerData } from 'node:worker_threads';
import { runMonitorWorker } from '../../app/monitor-worker.js';

if (parentPort === null) throw new Error('this is the program of a thread, not of a process');
await runMonitorWorker(parentPort, workerData);
