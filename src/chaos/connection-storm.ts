import { NS, nowNs } from '../base/clock.js';
import { StormglassError } from '../base/errors.js';
import type { Fault, FaultKind, FaultLack } from '../contracts/fault.js';
import type { Machine } from '../contracts/machine.js';
import { readVarz } from '../nats/endpoints.js';
import { clientPressure } from './client-pressure.js';
import { type ConnectionStormParams, connectionStormSchema } from './connection-storm-schema.js';
import { accessToTargets, connectionNameOf } from './pressure-helper.js';

/** Files that a process of ours has open beside its connections. */
const OTHER_FILES = 100;
/** Of what is due by then: connections take their time to come up. */
const ENOUGH = 0.5;

/** Opens connections to its targets, many and fast, and keeps them or lets them go again. */
export const connectionStorm = {
  kind: 'connection-storm',
  summary: 'connections of ours, opened at a rate up to a number, that stay or come and go',
  needs: ['load'],
  claims: [],
  schema: connectionStormSchema,
  defaultTarget: 'all',
  findLack: async (params, machine) => findLack(params as unknown as ConnectionStormParams, machine),
  create: (params) => storming(params as unknown as ConnectionStormParams),
} satisfies FaultKind & { readonly schema: typeof connectionStormSchema; readonly defaultTarget: string };

function findLack({ connections }: ConnectionStormParams, machine: Machine): FaultLack | undefined {
  const limit = machine.openFilesLimit()?.soft ?? Number.POSITIVE_INFINITY;
  if (connections + OTHER_FILES <= limit) return undefined;
  return {
    what: `${connections} connections of one process need ${connections + OTHER_FILES} open files, and it may have ${limit}`,
    hint: 'Ask for fewer `connections`, or raise the limit: ulimit -n.',
  };
}

function storming(params: ConnectionStormParams): Fault {
  const { connections, rate, stay = 0 } = params;
  let begunNs = 0;
  return clientPressure({
    check: ({ machine }) => {
      const lack = findLack(params, machine);
      if (lack !== undefined) throw new StormglassError('expectation', lack.what, { hint: lack.hint });
    },
    task: (context) => {
      begunNs = nowNs();
      return {
        do: 'open-connections',
        access: accessToTargets(context),
        connectionName: connectionNameOf(context),
        connections,
        perSec: rate,
        stayMs: stay / NS.ms,
      };
    },
    judge: async ({ open, closed }, node, { targets }) => {
      const due = Math.min(connections, ((nowNs() - begunNs) / NS.s) * rate) / targets.length;
      const came = open.length + closed.length;
      const isFull = came > 0 && (await isTakingNoMore(node.monitorUrl as string));
      const saw =
        `${open.length} connections of the fault are open, ${closed.length} were closed` +
        (isFull ? '; it takes no more (max_connections)' : '');
      return { saw, holds: came >= Math.max(1, due * ENOUGH) || isFull };
    },
  });
}

/** Whether it has as many clients as it takes: what a storm may be meant to bring about. */
async function isTakingNoMore(monitorUrl: string): Promise<boolean> {
  const { connections, max_connections: most } = await readVarz(monitorUrl);
  return most !== undefined && connections >= most;
}
