/** By itself, so that the thread loads nothing but what it needs. */
export { runMonitorWorker } from '../monitor/monitor-worker.js';
