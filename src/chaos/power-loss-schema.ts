import { z } from 'zod';

/** How long it holds is what every fault has. */
export const powerLossSchema = z.strictObject({});
