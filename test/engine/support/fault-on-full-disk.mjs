// A fault whose evidence is more than there is room for: `node fault-on-full-disk.mjs <compiled sources> <directory>`.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const [sources, parent] = process.argv.slice(2);
const load = (file) => import(`${sources}/${file}`);
const { FaultSession } = await load('engine/fault-session.js');
const { FaultGuards } = await load('engine/fault-guards.js');
const { Journal } = await load('engine/journal.js');
const { UndoDesk } = await load('engine/undo-desk.js');
const { AuditLog } = await load('undo/audit-log.js');
const { UndoLog } = await load('undo/undo-log.js');

const directory = join(parent, 'full');
mkdirSync(directory);
const journal = new Journal(join(directory, 'journal.ndjson'));
const log = new UndoLog(join(directory, 'undo.ndjson'));
const undo = new UndoDesk(log, new AuditLog(join(directory, 'audit.ndjson'), 'r1', 'run'));
let isOff = false;
const cluster = {
  nodes: [],
  access: { servers: [] },
  undoHandlers: {
    'continue-process': async () => {
      isOff = false;
      return 'on again';
    },
  },
};
undo.useCluster(cluster);
const second = 1e9;
const plan = {
  ...{ id: 'fault-1', kind: 'lamp', atNs: 0, forNs: 1, params: {}, seed: 1 },
  target: { role: 'node', node: 'n1' },
};
const session = new FaultSession(plan, {
  ...{ runId: 'r1', workDir: directory, cluster, control: {}, machine: {}, journal, undo },
  guards: new FaultGuards({
    ...{ cluster, control: {}, healNs: second, claimsOf: () => [] },
    guards: { abortOn: [], allowsQuorumLoss: true },
  }),
  hurry: new AbortController().signal,
  healNs: second,
  resolveTargets: async () => [{ name: 'n1' }],
  onBegin: async () => {},
  create: () => ({
    prepare: async ({ id }) => [
      { kind: 'continue-process', id, what: 'switch it on', manual: '', pid: 1, startedAt: '1' },
    ],
    inject: async () => {
      isOff = true;
    },
    observe: async (_, stage) => {
      const isDuring = stage === 'during';
      return {
        holds: isOff === isDuring,
        looks: [{ at: 'lamp', saw: isDuring ? 'x'.repeat(100_000) : 'on' }],
      };
    },
  }),
});
const { status } = await session.run(new AbortController().signal);
const unwritten = [journal.failure?.cause.code, (undo.failure?.cause ?? undo.failure)?.code];
process.stdout.write(JSON.stringify({ status, isOff, unwritten, outstanding: log.outstanding() }));
