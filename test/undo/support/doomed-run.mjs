// A run as far as undoing goes: registered, guarded, with a directory and processes of its own; it waits for its end.
// Arguments: the URL of the compiled sources, the state directory, the run's directory, its id.
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [base, stateDir, runDir, runId] = process.argv.slice(2);
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const load = (path) => import(`${base}/${path}`);
const { identify } = await load('processes/identity.js');
const { startMarkedProcess } = await load('processes/marked-process.js');
const { createMarkedDirectory } = await load('undo/marked-directory.js');
const { RunRegistry } = await load('undo/run-registry.js');
const { UndoLog } = await load('undo/undo-log.js');
const { startWatchdog } = await load('undo/watchdog.js');

const registry = new RunRegistry(stateDir);
const entry = {
  version: 1,
  runId,
  scenario: 'a doomed run',
  startedAt: '2026-01-01T00:00:00.000Z',
  host: hostname(),
  process: identify(process.pid),
  runDir,
  undoLog: join(runDir, 'undo.ndjson'),
  journal: join(runDir, 'journal.ndjson'),
  audit: join(runDir, 'audit.ndjson'),
};
registry.write(entry);
const log = new UndoLog(entry.undoLog);
const watchdog = await startWatchdog({
  entry: new URL(`${base}/cli/entries/watchdog.js`),
  executable: process.execPath,
  stateDir,
  runId,
  env: { PATH: process.env.PATH, STORMGLASS_RUN: 'of somebody else', NODE_OPTIONS: '--no-such-option' },
  logFile: join(runDir, 'watchdog.log'),
  onDeath: (detail) => say({ watchdogDied: detail }),
});
registry.write({ ...entry, watchdog: watchdog.identity });

const workDir = join(runDir, 'work');
const cluster = {
  kind: 'end-marked-processes',
  id: 'cluster',
  what: 'end the servers',
  manual: 'kill',
  mark: runId,
};
log.append([
  {
    kind: 'remove-directory',
    id: 'work',
    what: 'remove the work directory',
    manual: 'rm',
    path: workDir,
    mark: runId,
  },
  cluster,
]);
await createMarkedDirectory(workDir, runId);
const command = process.execPath;
const args = ['-e', "process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6)"];
const logFile = join(workDir, 'server.log');
const servers = [];
for (let i = 0; i < 2; i++)
  servers.push((await startMarkedProcess({ command, args, mark: runId, logFile })).identity);
log.append([
  {
    kind: 'start-node',
    id: 'n1',
    within: 'cluster',
    what: 'start n1',
    manual: '',
    node: 'n1',
    command,
    args,
    mark: runId,
    logFile,
  },
]);

say({ watchdog: watchdog.identity, servers });
for await (const order of createInterface({ input: process.stdin })) {
  if (order === 'release') await watchdog.release();
  say({ done: order });
}
