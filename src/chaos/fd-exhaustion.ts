import { StormglassError } from '../base/errors.js';
import type { ClusterNode, ProcessIdentity } from '../contracts/cluster.js';
import type { Fault, FaultContext, FaultKind, FaultLack, FaultStage } from '../contracts/fault.js';
import type { Machine, OpenFilesLimit } from '../contracts/machine.js';
import type { RestoreOpenFiles } from '../contracts/undo.js';
import { type FdExhaustionParams, fdExhaustionSchema } from './fd-exhaustion-schema.js';
import { lookAtClientPort } from './node-looks.js';
import { accessToTargets, connectionNameOf, PressureHelper } from './pressure-helper.js';
import { evidenceOf, type Look } from './pressure-look.js';
import { allTargetsDown } from './taken-down.js';

/**
 * More than a target can take: those that it has no file for wait, and take what others close. The limit is on the
 * numbers of files, and below it there may be as many free as are taken above it.
 */
const MORE_CONNECTIONS = 16;
const MOST_CONNECTIONS = 4_000;
const CONNECTIONS_PER_SEC = 200;

/**
 * Lets its targets have no more open files than they have, and asks for one connection more than that. The limit is the
 * server's own, so that nothing else on the machine runs out of files.
 */
export const fdExhaustion = {
  kind: 'fd-exhaustion',
  summary:
    'a server has as many files open as it may: it takes no new connection, and opens no file of its store',
  needs: ['local-processes'],
  claims: ['settings'],
  schema: fdExhaustionSchema,
  takesDown: () => 'all',
  findLack: (_params, machine) => findLack(machine),
  create: (params) => exhausting(params as unknown as FdExhaustionParams),
} satisfies FaultKind & { readonly schema: typeof fdExhaustionSchema; takesDown(): 'all' };

async function findLack(machine: Machine): Promise<FaultLack | undefined> {
  if (machine.openFilesLimit() === undefined) {
    return {
      what: "this system does not say what a process's limits are",
      hint: 'It takes Linux with /proc.',
    };
  }
  if (await machine.hasProgram('prlimit')) return undefined;
  return {
    what: 'the limits of a running process are set by prlimit, which is not on the PATH',
    hint: 'Install util-linux.',
  };
}

function exhausting({ spare }: FdExhaustionParams): Fault {
  const helper = new PressureHelper();
  /** What each target had, and what it was given. */
  const limits = new Map<string, { readonly before: OpenFilesLimit; during?: OpenFilesLimit }>();

  const lookAtFiles = async (
    { machine }: FaultContext,
    node: ClusterNode,
    stage: FaultStage,
  ): Promise<Look> => {
    const at = `${node.name} open files`;
    const limit = node.process && machine.openFilesLimit(node.process);
    const open = node.process && (await machine.processUsage(node.process))?.openFiles;
    if (limit === undefined || open === undefined || open === null) {
      return { at, saw: 'no process runs', holds: false };
    }
    const known = limits.get(node.name);
    const saw = `${open} open of ${limit.soft}`;
    if (stage === 'before') return { at, saw, holds: open < limit.soft };
    if (stage === 'after') return { at, saw, holds: limit.soft !== known?.during?.soft && open < limit.soft };
    return { at, saw, holds: limit.soft === known?.during?.soft && open >= limit.soft };
  };

  const lookAtNode = async (context: FaultContext, name: string, stage: FaultStage): Promise<Look[]> => {
    const node = context.cluster.node(name);
    const [files, port] = await Promise.all([lookAtFiles(context, node, stage), lookAtClientPort(node)]);
    const speaks = port.state === 'speaks';
    return [files, { at: port.at, saw: port.saw, holds: speaks === (stage !== 'during') }];
  };

  return {
    impact: allTargetsDown,

    async prepare(context) {
      const restores = context.targets.map((node): RestoreOpenFiles => {
        const process = processOf(node);
        const before = context.machine.openFilesLimit(process);
        if (before === undefined)
          throw new StormglassError('expectation', `the limits of ${node.name} are not known`);
        limits.set(node.name, { before });
        return restoreRecord(context, node, process, before);
      });
      return [helper.record(context), ...restores];
    },

    async inject(context) {
      const opens = await Promise.all(
        context.targets.map(async (node) => {
          const process = processOf(node);
          const { before } = limits.get(node.name)!;
          const open = (await context.machine.processUsage(process))?.openFiles;
          if (open === undefined || open === null)
            throw new Error(`the open files of ${node.name} are not known`);
          const during = { soft: Math.min(open + spare, before.soft), hard: before.hard };
          limits.set(node.name, { before, during });
          await context.machine.setOpenFilesLimit(process, during);
          return open;
        }),
      );
      await helper.start(context, {
        do: 'open-connections',
        access: accessToTargets(context),
        connectionName: connectionNameOf(context),
        connections: Math.min(
          opens.reduce((sum, open) => sum + open + spare + MORE_CONNECTIONS, 0),
          MOST_CONNECTIONS,
        ),
        perSec: CONNECTIONS_PER_SEC,
        stayMs: 0,
      });
    },

    async observe(context, stage) {
      const looks = await Promise.all([
        helper.look(context, stage).then((look) => [look]),
        ...context.targets.map(({ name }) => lookAtNode(context, name, stage)),
      ]);
      return evidenceOf(looks.flat());
    },
  };
}

function processOf({ name, process }: ClusterNode): ProcessIdentity {
  if (process === undefined) throw new StormglassError('expectation', `node ${name} is down already`);
  return process;
}

function restoreRecord(
  { id }: FaultContext,
  { name }: ClusterNode,
  { pid, startedAt }: ProcessIdentity,
  { soft, hard }: OpenFilesLimit,
): RestoreOpenFiles {
  const text = (limit: number) => (Number.isFinite(limit) ? String(limit) : 'unlimited');
  return {
    kind: 'restore-open-files',
    id: `${id}-files-${name}`,
    what: `let ${name} open files again`,
    manual: `prlimit --pid ${pid} --nofile=${text(soft)}:${text(hard)}`,
    pid,
    startedAt,
    ...(Number.isFinite(soft) && { soft }),
    ...(Number.isFinite(hard) && { hard }),
  };
}
