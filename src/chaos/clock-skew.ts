import { z } from 'zod';
import { durationSchema } from '../base/unit-schemas.js';
import type { FaultKind, FaultLack } from '../contracts/fault.js';

/** The keys of a `clock-skew` in a scenario, beside kind, at, target and for. */
export const clockSkewSchema = z.strictObject({
  by: durationSchema.describe("How far the node's clock is from that of the others"),
});

const LACK: FaultLack = {
  what: "no machine known to us can shift one server's clock: Linux time namespaces leave the wall clock as it is, and nats-server reads it without a system call or a library that could be put in between",
  hint: 'run that server on a machine of its own and set its clock there; take `clock-skew` out of this scenario',
};

/** Known by name, so that a scenario that asks for it is told why it cannot be had, before anything is started. */
export const clockSkew = {
  kind: 'clock-skew',
  summary: "shifts a node's clock: no machine can yet, which is said at preflight",
  needs: [],
  claims: ['clock'],
  schema: clockSkewSchema,
  findLack: async () => LACK,
  create() {
    throw new Error(LACK.what);
  },
} satisfies FaultKind & { readonly schema: typeof clockSkewSchema };
