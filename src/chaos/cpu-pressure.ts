import { nowNs, sleep } from '../base/clock.js';
import { formatRatio } from '../base/units.js';
import type { Fault, FaultContext, FaultKind, FaultLack } from '../contracts/fault.js';
import type { Machine } from '../contracts/machine.js';
import { type CpuPressureParams, cpuPressureSchema } from './cpu-pressure-schema.js';
import { PressureHelper } from './pressure-helper.js';
import { evidenceOf, type Look } from './pressure-look.js';

/** A share of CPU time is one of a stretch: the kernel counts in hundredths of a second. */
const STRETCH_MS = 300;
/** Of what was asked for: others want the cores as well. */
const ENOUGH = 0.5;
/** Whoever wants more than there is gets what the others leave. */
const FULL_MACHINE = 0.95;
/** Each thread takes what a scheduler takes; beyond this, nothing is learned. */
const MOST_THREADS_PER_CORE = 8;

/** Takes CPU time of the machine that stormglass runs on, and with it every server there. */
export const cpuPressure = {
  kind: 'cpu-pressure',
  summary: "threads of ours that compute on this machine's cores, which its servers and stormglass share",
  needs: ['load'],
  claims: [],
  schema: cpuPressureSchema,
  defaultTarget: 'all',
  findLack: (params, machine) => findLack(params as CpuPressureParams, machine),
  create: (params) => pressing(params as unknown as CpuPressureParams),
} satisfies FaultKind & { readonly schema: typeof cpuPressureSchema; readonly defaultTarget: string };

async function findLack(
  { workers = 0, cpus }: CpuPressureParams,
  machine: Machine,
): Promise<FaultLack | undefined> {
  const most = machine.usage().cores * MOST_THREADS_PER_CORE;
  if (workers > most) {
    return {
      what: `${workers} threads would compute, and ${most} are the most for a machine of ${machine.usage().cores} cores`,
      hint: 'Ask for fewer `workers`.',
    };
  }
  if (cpus === undefined || (await machine.hasProgram('taskset'))) return undefined;
  return {
    what: 'processes are held to processors by taskset, which is not on the PATH',
    hint: 'Install util-linux, or leave out `cpus`.',
  };
}

function pressing({ workers, load, nice, cpus }: CpuPressureParams): Fault {
  const helper = new PressureHelper();
  const coresWanted = ({ machine }: FaultContext): number =>
    Math.min((workers ?? machine.usage().cores) * load, machine.usage().cores);

  const lookAtCores = async (context: FaultContext, isDuring: boolean): Promise<Look[]> => {
    const { machine } = context;
    const [startNs, then, ownThen] = [nowNs(), machine.usage(), await helper.usage(context)];
    await sleep(STRETCH_MS);
    const [ns, now, ownNow] = [nowNs() - startNs, machine.usage(), await helper.usage(context)];
    const share = (now.busyNs - then.busyNs) / (ns * now.cores);
    const machineLook: Look = {
      at: 'CPU of the machine',
      saw: `${formatRatio(share)} of ${now.cores} cores in use`,
      holds: true,
    };
    if (!isDuring) return [machineLook];
    const cores = ownThen && ownNow ? (ownNow.cpuNs - ownThen.cpuNs) / ns : 0;
    const wanted = coresWanted(context);
    return [
      machineLook,
      {
        at: 'CPU of the pressure process',
        saw: `${cores.toFixed(2)} of the ${wanted.toFixed(2)} cores that it wants`,
        holds: cores >= wanted * ENOUGH || (cores > 0 && share >= FULL_MACHINE),
      },
    ];
  };

  return {
    prepare: async (context) => [helper.record(context)],
    inject: (context) =>
      helper.start(
        context,
        { do: 'burn-cpu', threads: workers ?? context.machine.usage().cores, load },
        { niceness: nice, ...(cpus !== undefined && { cpus }) },
      ),
    async observe(context, stage) {
      const process = await helper.look(context, stage);
      return evidenceOf([process, ...(await lookAtCores(context, stage === 'during'))]);
    },
  };
}
