import type { Evidence } from '../contracts/fault.js';

/** One thing that was looked at, and whether it is as the stage wants it. */
export type Look = Evidence['looks'][number] & { readonly holds: boolean };

/** Every look must hold, and there must be one. */
export function evidenceOf(looks: readonly Look[]): Evidence {
  return {
    holds: looks.length > 0 && looks.every(({ holds }) => holds),
    looks: looks.map(({ at, saw }) => ({ at, saw })),
  };
}
