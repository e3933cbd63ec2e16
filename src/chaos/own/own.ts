import { z } from 'zod';
import { messageOf, StormglassError } from '../../base/errors.js';
import { seededRandom } from '../../base/random.js';
import type { Fault, FaultContext, FaultKind, FaultStage } from '../../contracts/fault.js';
import type { RunCommand } from '../../contracts/undo.js';
import type { OwnFault, OwnFaultScene, OwnLook, OwnUndo } from './define-fault.js';
import { loadOwnFault } from './load-own-fault.js';
import { runProgram } from './run-program.js';

const COMMAND_TAKES_MS = 30_000;
const HINT = 'a fault is what `export default defineFault({ … })` exports; see docs/faults.md';

export const ownFaultSchema = z.strictObject({
  module: z
    .string({ error: 'expected the path of a module, such as ./faults/one-core.ts' })
    .min(1)
    .describe('File of TypeScript or JavaScript that exports the fault, from where the scenario is'),
  params: z.record(z.string(), z.unknown()).default({}).describe('What is handed to it'),
  'takes-down': z
    .boolean({ error: 'expected true or false' })
    .default(false)
    .describe('Its targets do not answer while it holds: the guard over the quorum reckons with that'),
});

type OwnFaultParams = z.output<typeof ownFaultSchema>;

/** A fault that the user has written, in a module of his own. */
export const own = {
  kind: 'own',
  summary: 'a fault of your own, from a module of TypeScript or JavaScript',
  needs: ['load'],
  claims: [],
  drawsBySeed: true,
  schema: ownFaultSchema,
  defaultTarget: 'all',
  locatePaths: (params, locate) => ({ ...params, module: locate(String(params.module)) }),
  takesDown: (params) => (params['takes-down'] === true ? 'all' : 'none'),
  async findLack(params) {
    const { module } = ownFaultSchema.parse(params);
    return loadOwnFault(module).then(
      () => undefined,
      (error: unknown) => ({ what: `the fault ${module} ${messageOf(error)}`, hint: HINT }),
    );
  },
  create: (params) => ownFault(ownFaultSchema.parse(params)),
} satisfies FaultKind & { readonly schema: typeof ownFaultSchema } & OwnPlanning;

/** What a scenario is told of it. */
interface OwnPlanning {
  readonly defaultTarget: string;
  locatePaths(params: Params, locate: (path: string) => string): Params;
  takesDown(params: Params): 'all' | 'none';
}

type Params = Readonly<Record<string, unknown>>;

function ownFault(given: OwnFaultParams): Fault {
  let loading: Promise<OwnFault> | undefined;
  const load = () => {
    loading ??= loadOwnFault(given.module).catch((error: unknown) => {
      const what = `the fault ${given.module} ${messageOf(error)}`;
      throw new StormglassError('expectation', what, { hint: HINT, cause: error });
    });
    return loading;
  };
  let scene: OwnFaultScene | undefined;
  // The targets as they were when it began: a process that has ended since is still the one that was meant.
  const sceneOf = (context: FaultContext) => {
    scene ??= sceneFrom(context, given.params);
    return scene;
  };

  return {
    impact: ({ targets }) => ({ down: given['takes-down'] ? targets.map(({ name }) => name) : [], cuts: [] }),

    async prepare(context) {
      const undos = await (await load()).undo(sceneOf(context));
      if (!Array.isArray(undos)) throw new Error('its `undo` returns no list');
      return undos.map((undo: OwnUndo, i) => undoRecord(undo, `${context.id}-own-${i + 1}`, context.workDir));
    },

    async inject(context) {
      await (await load()).inject(sceneOf(context));
    },

    async observe(context, stage) {
      const looks = await (await load()).look(sceneOf(context), stage);
      return evidenceOf(looks, stage);
    },
  };
}

function sceneFrom(context: FaultContext, params: OwnFaultParams['params']): OwnFaultScene {
  const { id, workDir, targets, signal, seed } = context;
  const random = seededRandom(seed, 'own');
  return {
    id,
    params,
    workDir,
    signal,
    targets: targets.map(({ name, host, clientPort, monitorUrl, process, storeDir }) => ({
      name,
      host,
      clientPort,
      ...(monitorUrl !== undefined && { monitorUrl }),
      ...(process !== undefined && { pid: process.pid }),
      ...(storeDir !== undefined && { storeDir }),
    })),
    random: () => random.next(),
    run: (program, ...args) => runProgram(program, args, { cwd: workDir, timeoutMs: COMMAND_TAKES_MS }),
  };
}

function undoRecord({ what, command, goesWithCluster }: OwnUndo, id: string, cwd: string): RunCommand {
  if (typeof what !== 'string' || !Array.isArray(command) || command.length === 0) {
    throw new Error('its `undo` returns something that is no { what, command: [program, …arguments] }');
  }
  const words = command.map(String);
  return {
    kind: 'run-command',
    id,
    what,
    manual: words
      .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
      .join(' '),
    command: words,
    // The run's own directory may be gone by the time it is undone.
    cwd: goesWithCluster ? cwd : '/',
    timeoutMs: COMMAND_TAKES_MS,
    ...(goesWithCluster && { within: 'cluster' }),
  };
}

/** A fault that looks at nothing proves nothing. */
function evidenceOf(looks: readonly OwnLook[], stage: FaultStage) {
  if (!Array.isArray(looks) || looks.length === 0) {
    return { holds: false, looks: [{ at: 'look', saw: `its \`look\` sees nothing ${stage}` }] };
  }
  return {
    holds: looks.every(({ holds }: OwnLook) => holds === true),
    looks: looks.map(({ at, saw }: OwnLook) => ({ at: String(at), saw: String(saw) })),
  };
}
