import { appendFileSync, existsSync, readFileSync, renameSync } from 'node:fs';
import { z } from 'zod';
import { wallNow } from '../../base/clock.js';
import { messageOf, UsageError } from '../../base/errors.js';
import type { Tally } from '../../campaigns/shrink/failure-bound.js';
import type { Trial } from '../../campaigns/shrink/trials.js';

const SCHEMA = 'stormglass.shrink/1';

/** What the lines of a log are about: those of another original say nothing of this one. */
export interface ShrinkSubject {
  readonly run: string;
  /** Of the case as the run had it, by its key, and of its scenario's text. */
  readonly original: string;
  readonly scenario: string;
}

const headSchema = z.looseObject({
  schema: z.literal(SCHEMA),
  run: z.string(),
  original: z.string(),
  scenario: z.string(),
});
const trialSchema = z.looseObject({
  type: z.literal('run'),
  case: z.string(),
  outcome: z.enum(['fails', 'passes', 'unresolved']),
  note: z.string(),
  folder: z.string().optional(),
});

/** What runs of before have left behind, by case. */
interface Known {
  readonly tallies: Map<string, Tally>;
  /** What the last of them said that failed, and the folder that it left. */
  readonly notes: Map<string, string>;
  readonly folders: Map<string, string>;
}

/** shrink.ndjson: what it is about, then a line for each run as soon as it is over. What stands there is not run again. */
export class ShrinkLog {
  readonly #file: string;
  readonly known: Known;

  private constructor(file: string, known: Known) {
    this.#file = file;
    this.known = known;
  }

  /**
   * Goes on with the log that is there, if any.
   * @param anew leaves what is there aside, under another name
   * @throws UsageError when it is no such log, or one about something else
   */
  static open(file: string, subject: ShrinkSubject, anew: boolean): ShrinkLog {
    if (anew && existsSync(file)) renameSync(file, `${file}.old`);
    const known: Known = { tallies: new Map(), notes: new Map(), folders: new Map() };
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (text !== '' && !text.endsWith('\n')) appendFileSync(file, '\n');
    const lines = text.split('\n').filter(Boolean);
    if (lines.length === 0) {
      append(file, { schema: SCHEMA, ...subject, startedAt: wallNow().toISOString() });
      return new ShrinkLog(file, known);
    }
    const head = headSchema.safeParse(parse(lines[0] as string));
    const isOther =
      !head.success ||
      (['run', 'original', 'scenario'] as const).some((key) => head.data[key] !== subject[key]);
    if (isOther) {
      const what = head.success
        ? 'is about another scenario, or another state of it'
        : 'is no log of a shrink';
      throw new UsageError(`${file} ${what}, and there is nothing to go on with`, {
        hint: 'begin anew with --anew, which keeps it as it is under another name',
      });
    }
    for (const line of lines.slice(1)) {
      // One that was killed may have left half a line.
      const trial = trialSchema.safeParse(parse(line));
      if (!trial.success) continue;
      const { case: key, outcome, note, folder } = trial.data;
      const { fails, passes, unresolved } = known.tallies.get(key) ?? { fails: 0, passes: 0, unresolved: 0 };
      known.tallies.set(key, {
        fails: fails + Number(outcome === 'fails'),
        passes: passes + Number(outcome === 'passes'),
        unresolved: unresolved + Number(outcome === 'unresolved'),
      });
      if (outcome === 'fails') known.notes.set(key, note);
      if (folder !== undefined) known.folders.set(key, folder);
    }
    return new ShrinkLog(file, known);
  }

  /**
   * @param what for people: the case, in words
   * @param folder what the run has left, where it is kept
   */
  add({ key, outcome, note, tally }: Trial, what: string, tookMs: number, folder?: string): void {
    append(this.#file, {
      type: 'run',
      time: wallNow().toISOString(),
      case: key,
      what,
      outcome,
      note,
      tookMs: Math.round(tookMs),
      ...tally,
      ...(folder !== undefined && { folder }),
    });
  }
}

function append(file: string, line: unknown): void {
  try {
    appendFileSync(file, `${JSON.stringify(line)}\n`);
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
