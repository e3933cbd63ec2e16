/** By itself, so that the watchdog loads nothing but what it needs. */
export { watchRun } from '../undo/watch-run.js';
