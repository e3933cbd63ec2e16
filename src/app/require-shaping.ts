import { PreflightError } from '../base/errors.js';
import type { Plan } from '../contracts/plan.js';
import { findShapingLack } from '../processes/docker/traffic-control.js';
import { needsOfFault } from './plugins.js';

/** @throws PreflightError when faults of the plan shape links of containers, and this machine's kernel cannot */
export async function requireShaping({ faults }: Plan): Promise<void> {
  const shaping = faults.filter(({ kind, params }) => needsOfFault(kind, params).includes('route-shaping'));
  if (shaping.length === 0) return;
  const lack = await findShapingLack(shaping.some(({ kind }) => kind === 'latency'));
  if (lack === undefined) return;
  const whose = shaping.map(({ id, kind }) => `${id} (${kind})`).join(', ');
  throw new PreflightError(`${whose}: links of containers cannot be shaped on this machine: ${lack}`, {
    hint: 'it takes root, iproute2 and util-linux, and the kernel’s sch_htb and sch_netem; `driver: process` needs none of them',
  });
}
