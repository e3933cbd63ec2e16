import { messageOf } from '../base/errors.js';
import { subjectFilterProblem, subjectMatches } from '../base/subjects.js';
import {
  DEFAULT_EVENT_READING,
  type EventFieldName,
  type EventFieldNames,
  type EventReading,
} from '../contracts/event-reading.js';
import type { MonitorPlan } from '../contracts/plan/monitor.js';
import type { DataFiles } from './data-files.js';
import { DEFAULT_SUBJECT_PATTERN } from './event-schema.js';
import { type MonitorInput, monitorPartSchema, monitorSchemaWith } from './monitor-schema.js';
import { type MonitoredSubjects, monitoredSubject, readPattern } from './monitored-subject.js';
import { parsePart } from './parse-part.js';
import { parseYaml } from './parse-yaml.js';
import { placeFindings } from './place-findings.js';
import type { MonitorSections } from './plugins.js';
import { Findings, formatProblem, type Path, ScenarioError } from './problem.js';
import type { ResolvedEvents } from './resolve-events.js';

export interface MonitorScene {
  readonly sections: MonitorSections;
  /** Where the run has events of its own. */
  readonly events: ResolvedEvents | undefined;
  readonly files: Pick<DataFiles, 'readText'>;
}

/** `monitor:` of a scenario. Without events of our own it listens where they would be. */
export function resolveMonitor(
  value: unknown,
  { sections, events, files }: MonitorScene,
  findings: Findings,
): MonitorPlan | undefined {
  const path = ['monitor'];
  const given = value ?? {};
  const part = parsePart(monitorPartSchema(sections), given, path, findings);
  if (part === undefined) return undefined;
  const fromFile =
    part.config === undefined ? {} : readConfig(part.config as string, sections, files, findings);
  if (fromFile === undefined) return undefined;
  const { config: _, ...inline } = given as Readonly<Record<string, unknown>>;
  const input = parsePart(monitorSchemaWith(sections), { ...fromFile, ...inline }, path, findings);
  return input && planMonitor(input, sections, events, path, findings);
}

/**
 * The configuration of a monitor that runs by itself.
 * @throws ScenarioError that holds everything that is wrong
 */
export function parseMonitorConfig(text: string, file: string, sections: MonitorSections): MonitorPlan {
  const source = { ...parseYaml(text, file, CONFIG), file };
  const findings = new Findings();
  const input = parsePart(monitorSchemaWith(sections), source.document.toJS(), [], findings);
  const plan = input && planMonitor(input, sections, undefined, [], findings);
  if (plan === undefined || findings.all.length > 0)
    throw new ScenarioError(placeFindings(findings.all, source, new Map()));
  return plan;
}

const CONFIG = {
  what: 'a configuration of the monitor',
  begin: 'Begin with a key such as `pattern: cim.events.{domain}.{type}`; docs/monitoring.md has them all.',
};

/** The keys of the file, which are right by themselves; what is wrong is told with its place in that file. */
function readConfig(
  name: string,
  sections: MonitorSections,
  files: Pick<DataFiles, 'readText'>,
  findings: Findings,
): Readonly<Record<string, unknown>> | undefined {
  const path = ['monitor', 'config'];
  let text: string;
  try {
    text = files.readText(name);
  } catch (error) {
    findings.add(path, messageOf(error));
    return undefined;
  }
  try {
    parseMonitorConfig(text, name, sections);
    return parseYaml(text, name, CONFIG).document.toJS() as Readonly<Record<string, unknown>>;
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    for (const problem of error.problems) {
      const { hint, ...place } = problem;
      findings.add(path, formatProblem(place), hint);
    }
    return undefined;
  }
}

function planMonitor(
  values: Readonly<Record<string, unknown>>,
  sections: MonitorSections,
  events: ResolvedEvents | undefined,
  path: Path,
  findings: Findings,
): MonitorPlan | undefined {
  const input = values as MonitorInput;
  const subjects = resolveSubjects(input, events, path, findings);
  if (subjects === undefined) return undefined;
  const reading = readingOf(input);
  const given = Object.keys(sections).filter((name) => values[name] !== undefined);
  return {
    port: input.port,
    ...subjects,
    ownEvents: input['own-events'],
    ...(input.partitions !== undefined && { partitions: input.partitions }),
    ...(input.together && { together: input.together }),
    ...(input['max-series'] !== undefined && { maxSeries: input['max-series'] }),
    ...(reading && { reading }),
    ...(given.length > 0 && { sections: Object.fromEntries(given.map((name) => [name, values[name]])) }),
  };
}

function resolveSubjects(
  input: MonitorInput,
  events: ResolvedEvents | undefined,
  path: Path,
  findings: Findings,
): MonitoredSubjects | undefined {
  const own = events && { ...events.pattern, subject: monitoredSubject(events.pattern.tokens) };
  const read =
    input.pattern === undefined && own ? own : readPattern(input.pattern ?? DEFAULT_SUBJECT_PATTERN);
  if ('problem' in read) {
    findings.add([...path, 'pattern'], read.problem, `It looks like ${DEFAULT_SUBJECT_PATTERN}.`);
    return undefined;
  }
  const { domainToken, typeToken } = read;
  if (own && (own.domainToken !== domainToken || own.typeToken !== typeToken)) {
    const message = 'the domain and the type stand elsewhere in events.subject';
    findings.add([...path, 'pattern'], message, 'Leave it out: it follows from events.subject.');
    return undefined;
  }
  const subject = input.subject ?? read.subject;
  const key = [...path, input.subject === undefined ? 'pattern' : 'subject'];
  const problem = subjectFilterProblem(subject);
  const unseen = events?.events.find((event) => !subjectMatches(subject, event.subject));
  if (problem !== undefined) findings.add(key, problem);
  else if (unseen !== undefined) {
    const message = `with \`${subject}\` the monitor would not see \`${unseen.subject}\``;
    findings.add(key, message, `Leave it out: it follows from events.subject.`);
  }
  return { subject, domainToken, typeToken };
}

/** The outcomes without the words that are given to others. */
function wordsLeft(
  outcomes: EventReading['outcomes'],
  given: EventReading['outcomes'] = {},
): EventReading['outcomes'] {
  const taken = new Set(Object.values(given).flatMap((words) => words.map((word) => word.toLowerCase())));
  return Object.fromEntries(
    Object.entries(outcomes).map(([name, words]) => [name, words.filter((word) => !taken.has(word))]),
  );
}

/** `undefined` where nothing is said of it: the defaults hold. */
function readingOf(input: MonitorInput): EventReading | undefined {
  const { format, fields = {}, outcomes } = input;
  const { 'max-event-size': maxEventBytes, 'max-depth': maxDepth, 'max-sources': maxSources } = input;
  const declared = Object.entries(fields).filter(([, names]) => names !== undefined);
  const untouched = [format, outcomes, maxEventBytes, maxDepth, maxSources].every(
    (each) => each === undefined,
  );
  if (untouched && declared.length === 0) return undefined;
  const byDefault = DEFAULT_EVENT_READING;
  return {
    format: format ?? byDefault.format,
    fields: { ...byDefault.fields, ...(Object.fromEntries(declared) as Partial<EventFieldNames>) },
    declaredFields: declared.map(([name]) => name as EventFieldName),
    outcomes: { ...wordsLeft(byDefault.outcomes, outcomes), ...outcomes },
    maxEventBytes: maxEventBytes ?? byDefault.maxEventBytes,
    maxDepth: maxDepth ?? byDefault.maxDepth,
    maxSources: maxSources ?? byDefault.maxSources,
  };
}
