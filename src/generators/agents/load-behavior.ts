import { messageOf, PreflightError } from '../../base/errors.js';
import { suggestion } from '../../base/nearest.js';
import { importUserModule } from '../../base/user-module.js';
import type { AgentsParams } from './agents-schema.js';
import type { Behavior } from './behavior.js';
import { BUILT_IN } from './built-in.js';

const HANDLERS = ['start', 'onMessage', 'onAnswer', 'onReconnect'] as const;
const KEYS = ['state', 'steps', ...HANDLERS];
const HINT = 'a behaviour is what `export default defineBehavior({ … })` exports; see docs/behaviors.md';

/** Whether it names a file, rather than one of those that are built in. */
export const isBehaviorFile = (behavior: string): boolean => /[./\\]/.test(behavior);

/**
 * The behaviour that a load names. A file of TypeScript or JavaScript is a module of its own, whose `stormglass` is this
 * one, wherever it lies.
 * @throws PreflightError with the text, and the line, of what is wrong with it
 */
export async function loadBehavior(params: AgentsParams): Promise<Behavior> {
  const { behavior } = params;
  if (!isBehaviorFile(behavior)) {
    const builtIn = Object.hasOwn(BUILT_IN, behavior) ? BUILT_IN[behavior] : undefined;
    if (builtIn !== undefined) return builtIn(params);
    throw new PreflightError(`there is no behaviour ${behavior}`, hintOf(unknownBehaviorHint(behavior)));
  }
  let exported: unknown;
  try {
    exported = await importUserModule(behavior, new URL('./behavior.js', import.meta.url));
  } catch (error) {
    throw new PreflightError(`the behaviour ${behavior} ${messageOf(error)}`, { cause: error, hint: HINT });
  }
  const problem = behaviorProblem(exported);
  if (problem !== undefined) throw new PreflightError(`the behaviour ${behavior} ${problem}`, { hint: HINT });
  return exported as Behavior;
}

export const unknownBehaviorHint = (behavior: string): string | undefined =>
  suggestion(behavior, Object.keys(BUILT_IN), 'There are');

const hintOf = (hint: string | undefined) => (hint === undefined ? {} : { hint });

/** What a module must not lack; `undefined` when nothing is wrong. */
function behaviorProblem(value: unknown): string | undefined {
  if (value === undefined) return 'has no default export';
  if (!isRecord(value)) return 'exports no behaviour by default, but something else';
  const unknown = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) {
    return `has a key ${unknown} that no behaviour has. ${suggestion(unknown, KEYS, 'The keys are')}`;
  }
  if (typeof value.start !== 'function') return 'has no function start';
  const noFunction = HANDLERS.find((key) => value[key] !== undefined && typeof value[key] !== 'function');
  if (noFunction !== undefined) return `has a ${noFunction} that is no function`;
  const { state = [], steps = {} } = value;
  if (!Array.isArray(state) || !state.every((name) => typeof name === 'string') || hasTwice(state)) {
    return "has a state that is no list of different names, such as ['celsius']";
  }
  if (!isRecord(steps)) return 'has steps that are no functions by name';
  const noStep = Object.keys(steps).find((name) => typeof steps[name] !== 'function');
  return noStep === undefined ? undefined : `has a step ${noStep} that is no function`;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const hasTwice = (names: readonly string[]): boolean => new Set(names).size < names.length;
