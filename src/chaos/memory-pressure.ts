import { StormglassError } from '../base/errors.js';
import { formatSize } from '../base/units.js';
import type { Fault, FaultContext, FaultKind, FaultLack } from '../contracts/fault.js';
import type { Machine } from '../contracts/machine.js';
import { type MemoryPressureParams, memoryPressureSchema } from './memory-pressure-schema.js';
import { PressureHelper } from './pressure-helper.js';
import { evidenceOf, type Look } from './pressure-look.js';

const MIB = 2 ** 20;
/** Of what was asked for. */
const ENOUGH = 0.8;
/** Nothing is taken any more when the reserve is so near. */
const NEAR_BYTES = 64 * MIB;

/** Takes memory of the machine that stormglass runs on, and never the last of it. */
export const memoryPressure = {
  kind: 'memory-pressure',
  summary: 'a process of ours that holds memory of this machine, and always leaves a reserve',
  needs: ['load'],
  claims: [],
  schema: memoryPressureSchema,
  defaultTarget: 'all',
  findLack: async (params, machine) => findLack(params as MemoryPressureParams, machine),
  create: (params) => pressing(params as unknown as MemoryPressureParams),
} satisfies FaultKind & { readonly schema: typeof memoryPressureSchema; readonly defaultTarget: string };

function wantedBytes({ size, percent = 0 }: MemoryPressureParams, machine: Machine): number {
  return size ?? Math.floor(machine.usage().availableBytes * percent);
}

function findLack(params: MemoryPressureParams, machine: Machine): FaultLack | undefined {
  const { availableBytes } = machine.usage();
  const bytes = wantedBytes(params, machine);
  if (bytes + params.reserve <= availableBytes) return undefined;
  const [wanted, reserve, available] = [bytes, params.reserve, availableBytes].map(formatSize);
  return {
    what: `${wanted} of memory are to be taken and ${reserve} to be left, and ${available} are available`,
    hint: 'Ask for less: `size`, `percent` or `reserve`.',
  };
}

function pressing(params: MemoryPressureParams): Fault {
  const helper = new PressureHelper();
  /** What it was to take when it began. */
  let bytes = 0;

  const lookAtMemory = async (context: FaultContext, isDuring: boolean): Promise<Look[]> => {
    const { availableBytes } = context.machine.usage();
    const machineLook: Look = {
      at: 'memory of the machine',
      saw: `${formatSize(availableBytes)} available`,
      holds: true,
    };
    if (!isDuring) return [machineLook];
    const held = (await helper.usage(context))?.residentBytes ?? 0;
    const isScarce = availableBytes <= params.reserve + NEAR_BYTES;
    return [
      machineLook,
      {
        at: 'memory of the pressure process',
        saw: `${formatSize(held)} resident of the ${formatSize(bytes)} that it was to take`,
        holds: held >= bytes * ENOUGH || (held > 0 && isScarce),
      },
    ];
  };

  return {
    async prepare(context) {
      const lack = findLack(params, context.machine);
      if (lack !== undefined) throw new StormglassError('expectation', lack.what, { hint: lack.hint });
      return [helper.record(context)];
    },
    async inject(context) {
      bytes = wantedBytes(params, context.machine);
      await helper.start(context, { do: 'hold-memory', bytes, reserveBytes: params.reserve });
    },
    async observe(context, stage) {
      const process = await helper.look(context, stage);
      return evidenceOf([process, ...(await lookAtMemory(context, stage === 'during'))]);
    },
  };
}
