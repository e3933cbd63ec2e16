// The program of a generator: a thread, or a process whose parent it does not outlive.
import { parentPort, workerData } from 'node:worker_threads';
import { endWithLastWord, generatorProcess, generatorWorker } from '../../app/generator-worker.js';
import { EXIT } from '../../base/errors.js';

if (parentPort !== null) {
  const port = parentPort;
  endWithLastWord((lastWord) => {
    port.postMessage(lastWord);
    process.exit(EXIT.unexpected);
  });
  await generatorWorker(port, workerData);
} else if (process.send) {
  let isDone = false;
  endWithLastWord((lastWord) => process.send?.(lastWord, () => process.exit(EXIT.unexpected)));
  process.once('disconnect', () => process.exit(isDone ? EXIT.ok : EXIT.unexpected));
  await generatorProcess({
    send: (message, callback) => process.send?.(message, callback) ?? false,
    on: (event, listener) => process.on(event, listener),
    disconnect: () => {
      isDone = true;
      process.disconnect();
    },
  });
} else {
  throw new Error('this is the program of a thread, or of a process that stormglass forks');
}
