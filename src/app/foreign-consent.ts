import { UsageError } from '../base/errors.js';
import type { Plan } from '../contracts/plan.js';
import { LOAD_KINDS } from './plugins.js';

/**
 * What loads would load beside the cluster needs the consent of the command line too, as foreign servers do.
 * @throws UsageError that names an address without it
 */
export function requireForeignConsent({ loads }: Pick<Plan, 'loads'>, allow: readonly string[]): void {
  for (const load of loads) {
    const address = LOAD_KINDS.find(({ kind }) => kind === load.kind)?.foreignAddress?.(load);
    if (address === undefined || allow.some((given) => given.toLowerCase() === address)) continue;
    throw new UsageError(
      `there is no consent to load ${address} on the command line, and the load ${load.name} would`,
      { hint: `Add it: --allow ${address}` },
    );
  }
}
