// The program of the processes that faults start, and of their threads. It does not outlive its parent.
import { isMainThread, workerData } from 'node:worker_threads';
import { pressureProcess, pressureThread } from '../../app/pressure-process.js';
import { EXIT } from '../../base/errors.js';

if (!isMainThread) {
  pressureThread(workerData);
} else if (process.send) {
  pressureProcess(
    {
      // One that has gone away hears nothing; that it has is told by the channel's end.
      send: (message) => void (process.connected && process.send?.(message, () => {})),
      onBegin: (listener) => process.once('message', listener),
      onClose: (listener) => process.once('disconnect', listener),
      exit: () => process.exit(EXIT.ok),
    },
    new URL(import.meta.url),
  );
} else {
  throw new Error('this is the program of a process that stormglass forks');
}
