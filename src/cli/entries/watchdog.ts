// The process that outlives a run: `node watchdog.js <state directory> <run id>`.
import { watchRun } from '../../app/watch-run.js';
import { EXIT } from '../../base/errors.js';

const [stateDir, runId] = process.argv.slice(2);
if (stateDir === undefined || runId === undefined) {
  console.error('usage: watchdog <state directory> <run id>');
  process.exit(EXIT.usage);
}

try {
  const end = await watchRun({ stateDir, runId, line: process.stdin, answer: process.stdout });
  process.exit(end === 'left' ? EXIT.unreverted : EXIT.ok);
} catch (error) {
  console.error(error);
  process.exit(EXIT.unexpected);
}
