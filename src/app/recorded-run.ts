import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { codeOf, messageOf, UsageError } from '../base/errors.js';
import { SECRET_MASK } from '../base/secret.js';
import type { JournalEvent } from '../contracts/journal.js';
import type { SavedPlan } from '../engine/save-plan.js';

/** What a run has left that tells how to do it again. */
export interface RecordedRun {
  readonly dir: string;
  readonly saved: SavedPlan;
  readonly journal: readonly JournalEvent[];
}

const SCHEMA: SavedPlan['schema'] = 'stormglass.plan/1';

const faultSchema = z.looseObject({
  id: z.string(),
  kind: z.string(),
  atNs: z.number().min(0),
  forNs: z.number().min(0),
  target: z.looseObject({ role: z.string() }),
  params: z.record(z.string(), z.unknown()),
  seed: z.number(),
});

/** Every key that a run of a plan asks for: what an older stormglass did not write yet is missed here, and not in mid-run. */
const savedSchema = z.looseObject({
  runId: z.string(),
  scenarioFile: z.string(),
  overrides: z.array(z.string()),
  plan: z.looseObject({
    version: z.literal(1),
    name: z.string(),
    seed: z.number(),
    cluster: z.looseObject({
      driver: z.string(),
      params: z.record(z.string(), z.unknown()),
      nodeNames: z.array(z.string()),
    }),
    events: z.array(z.looseObject({ subject: z.string() })),
    streams: z.array(z.looseObject({ name: z.string(), config: z.record(z.string(), z.unknown()) })),
    loads: z
      .array(
        z.looseObject({ name: z.string(), kind: z.string(), schedule: z.looseObject({ mode: z.string() }) }),
      )
      .min(1),
    faults: z.array(faultSchema),
    guards: z.looseObject({ abortOn: z.array(z.unknown()), allowsQuorumLoss: z.boolean() }),
    steadyState: z.looseObject({ probes: z.array(z.unknown()), everyNs: z.number() }),
    checks: z.array(z.looseObject({ name: z.string(), params: z.record(z.string(), z.unknown()) })),
    thresholds: z.array(z.looseObject({ text: z.string() })),
    monitor: z.looseObject({ port: z.number(), subject: z.string() }),
    limits: z.looseObject({ healNs: z.number(), drainNs: z.number() }),
  }),
});

/**
 * Reads plan.json and journal.ndjson of a run.
 * @throws UsageError that says what is missing or wrong
 */
export function readRecordedRun(dir: string): RecordedRun {
  const planFile = join(dir, 'plan.json');
  const saved = parseJson(readRunFile(planFile, dir), planFile);
  checkSaved(saved, planFile);
  const journalFile = join(dir, 'journal.ndjson');
  return {
    dir,
    saved: saved as SavedPlan,
    journal: parseJournal(readRunFile(journalFile, dir), journalFile),
  };
}

/** A saved plan that can be run as it stands; secrets are never written down. @throws UsageError where it had some */
export function requireNoSecrets({ dir, saved }: RecordedRun): void {
  if (!JSON.stringify(saved.plan).includes(SECRET_MASK)) return;
  throw new UsageError(`the plan of ${dir} had secrets, which are never written down`, {
    hint: `give the scenario, too: stormglass run ${saved.scenarioFile} --replay ${dir}`,
  });
}

function readRunFile(file: string, dir: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const isMissing = codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
    throw new UsageError(isMissing ? `${file} is not there` : `${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
      hint: isMissing
        ? `name the folder that a run has left, such as reports/latest; ${dir} is none`
        : undefined,
    });
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file} is no JSON: ${messageOf(error)}`, { cause: error });
  }
}

function checkSaved(saved: unknown, file: string): void {
  const schema = (saved as { schema?: unknown } | null)?.schema;
  if (schema !== SCHEMA) {
    const what = schema === undefined ? 'says no format' : `has the format ${JSON.stringify(schema)}`;
    throw new UsageError(`${file} ${what}, and this stormglass reads ${SCHEMA}`, {
      hint: 'replay it with the stormglass that made it, or run its scenario again',
    });
  }
  const issue = savedSchema.safeParse(saved).error?.issues[0];
  if (issue === undefined) return;
  const place = issue.path.join('.');
  throw new UsageError(`${file}: ${place || 'it'} is missing or not as this stormglass writes it`, {
    hint: 'it was changed, or is of another version: run its scenario again, and replay that run',
  });
}

/** A run that was killed may have left half a last line. */
function parseJournal(text: string, file: string): readonly JournalEvent[] {
  const lines = text.split('\n');
  return lines.flatMap((line, i): JournalEvent[] => {
    if (line === '') return [];
    try {
      return [eventOf(JSON.parse(line))];
    } catch (error) {
      if (i === lines.length - 1) return [];
      throw new UsageError(`${file}: line ${i + 1} is no event of a journal`, {
        cause: error,
        hint: 'it was changed: run the scenario again, and replay that run',
      });
    }
  });
}

const eventSchema = z.looseObject({ time: z.string(), type: z.string(), t: z.number().optional() });

const eventOf = (value: unknown): JournalEvent => eventSchema.parse(value) as unknown as JournalEvent;
