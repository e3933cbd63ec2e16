/**
 * Every way a command of stormglass can end, by its meaning. The numbers are the exit codes that users script
 * against, so they never change their meaning.
 */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  preflight: 3,
  threshold: 4,
  safety: 5,
  expectation: 6,
  inconclusive: 7,
  unreverted: 8,
  regression: 9,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitName = keyof typeof EXIT;
export type ExitCode = (typeof EXIT)[ExitName];

/** When several outcomes hold at once, the one that stands earlier here decides the exit code. */
export const EXIT_PRECEDENCE: readonly ExitName[] = [
  'unreverted',
  'interrupted',
  'terminated',
  'safety',
  'unexpected',
  'inconclusive',
  'threshold',
  'expectation',
  'regression',
  'preflight',
  'usage',
  'ok',
];

/** The name that decides among several outcomes; `ok` when there is none. */
export function decisiveExit(names: Iterable<ExitName>): ExitName {
  const all = new Set(names);
  return EXIT_PRECEDENCE.find((name) => all.has(name)) ?? 'ok';
}

/** Where in a file an error stands; line and column count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

export interface StormglassErrorOptions extends ErrorOptions {
  /** One sentence that tells the user what to do about it. */
  readonly hint?: string;
  readonly place?: SourcePlace;
}

/** An error that a user can do something about: what was wrong, where, and what to do. */
export class StormglassError extends Error {
  override readonly name: string = 'StormglassError';
  readonly exit: ExitName;
  readonly hint: string | undefined;
  readonly place: SourcePlace | undefined;

  constructor(exit: ExitName, message: string, options: StormglassErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exit = exit;
    this.hint = options.hint;
    this.place = options.place;
  }
}

/** The command line or the scenario is wrong; nothing was started. */
export class UsageError extends StormglassError {
  override readonly name = 'UsageError';
  constructor(message: string, options?: StormglassErrorOptions) {
    super('usage', message, options);
  }
}

/** A tool, a port, a privilege or the first steady state is missing. */
export class PreflightError extends StormglassError {
  override readonly name = 'PreflightError';
  constructor(message: string, options?: StormglassErrorOptions) {
    super('preflight', message, options);
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The `code` of a system error (`ENOENT`, `EADDRINUSE`), if it has one. */
export function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** The messages of an error and its causes, outermost first. */
export function causeChain(thrown: unknown): string[] {
  const chain: string[] = [];
  for (let at: unknown = thrown; at !== undefined && at !== null && chain.length < 16; ) {
    chain.push(messageOf(at));
    at = at instanceof Error ? at.cause : undefined;
  }
  return chain;
}
