import { suggestion } from '../../base/nearest.js';
import { importUserModule } from '../../base/user-module.js';
import type { OwnFault } from './define-fault.js';

const KEYS = ['undo', 'inject', 'look'] as const;

/**
 * The fault that a module of the user's exports.
 * @throws Error with what is wrong with it: `has no function look`
 */
export async function loadOwnFault(file: string): Promise<OwnFault> {
  const exported = await importUserModule(file, new URL('./define-fault.js', import.meta.url));
  const problem = problemOf(exported);
  if (problem !== undefined) throw new Error(problem);
  return exported as OwnFault;
}

function problemOf(value: unknown): string | undefined {
  if (value === undefined) return 'has no default export';
  if (typeof value !== 'object' || value === null) return 'exports no fault by default, but something else';
  const unknown = Object.keys(value).find((key) => !(KEYS as readonly string[]).includes(key));
  if (unknown !== undefined)
    return `has a key ${unknown} that no fault has. ${suggestion(unknown, KEYS, 'The keys are')}`;
  const missing = KEYS.find((key) => typeof (value as Record<string, unknown>)[key] !== 'function');
  return missing === undefined ? undefined : `has no function ${missing}`;
}
