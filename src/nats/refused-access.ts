import { sleep } from '../base/clock.js';
import type { ServerAccess } from '../contracts/load.js';
import { WireConnection } from '../wire/connection.js';

/**
 * Resolves when one of the servers lets us in, or when none was reached by then. Throws the PreflightError of one that does
 * not let us in.
 */
export async function throwWhereRefused(
  access: ServerAccess,
  name: string,
  patienceMs: number,
): Promise<void> {
  const wire = new WireConnection({ access, name }, { onMessage: () => {} });
  const patience = new AbortController();
  try {
    await new Promise<void>((resolve, reject) => {
      // Who is told of those that cannot be reached is rejected by a refusal only.
      wire.connect(() => resolve()).then(resolve, reject);
      sleep(patienceMs, patience.signal).then(resolve, () => {});
    });
  } finally {
    patience.abort();
    await wire.close();
  }
}
