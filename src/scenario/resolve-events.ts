import { subjectProblem } from '../base/subjects.js';
import type { EventKind } from '../contracts/plan/events.js';
import type { DataFiles } from './data-files.js';
import { type EventsInput, eventsSchema, MAX_EVENT_KINDS } from './event-schema.js';
import { parsePart } from './parse-part.js';
import type { Findings } from './problem.js';
import { type ResolvedPayload, resolvePayload } from './resolve-payload.js';

/** The traffic as planned: every kind of event with its subject and its share. */
export interface ResolvedEvents {
  readonly events: readonly EventKind[];
  readonly domains: readonly string[];
  readonly pattern: SubjectPattern;
}

/** A subject with places for the domain, the type and numbers, token by token. */
export interface SubjectPattern {
  readonly tokens: readonly string[];
  readonly domainToken: number;
  readonly typeToken: number;
}

/** `{shard:100}` → a number below 100. */
const NUMBER_TOKEN = /^\{[A-Za-z][\w-]*:(\d{1,6})\}$/;

export function resolveEvents(
  value: unknown,
  files: DataFiles,
  findings: Findings,
): ResolvedEvents | undefined {
  if (value === undefined) return undefined;
  const input = parsePart(eventsSchema, value, ['events'], findings);
  if (input === undefined) return undefined;
  const before = findings.all.length;
  const pattern = readPattern(input.subject, findings);
  const events = pattern && expandMix(input.mix, pattern, files, findings);
  if (pattern === undefined || events === undefined || findings.all.length > before) return undefined;
  return { events, domains: [...new Set(events.map(({ domain }) => domain))], pattern };
}

function readPattern(subject: string, findings: Findings): SubjectPattern | undefined {
  const path = ['events', 'subject'];
  const tokens = subject.split('.');
  const problem =
    subjectProblem(subject) ??
    placeholderProblem(tokens, '{domain}') ??
    placeholderProblem(tokens, '{type}') ??
    strayBraces(tokens) ??
    firstTokenProblem(tokens[0] as string);
  if (problem !== undefined) {
    findings.add(path, problem, 'A subject looks like cim.events.{domain}.{type}.');
    return undefined;
  }
  return { tokens, domainToken: tokens.indexOf('{domain}'), typeToken: tokens.indexOf('{type}') };
}

function placeholderProblem(tokens: readonly string[], placeholder: string): string | undefined {
  const count = tokens.filter((token) => token === placeholder).length;
  if (count === 1) return undefined;
  return `expected ${placeholder} as a token of its own, once, but it stands there ${count} times`;
}

function strayBraces(tokens: readonly string[]): string | undefined {
  const stray = tokens.find(
    (token) =>
      /[{}]/.test(token) && token !== '{domain}' && token !== '{type}' && !((countOf(token) as number) > 0),
  );
  if (stray === undefined) return undefined;
  return countOf(stray) === 0
    ? `\`${stray}\` has no number to choose from: expected one above 0`
    : `\`${stray}\` is no token: {domain}, {type} and numbers such as {shard:100} stand alone between dots`;
}

/** How many numbers a token stands for; `undefined` when it is no such token. */
function countOf(token: string): number | undefined {
  const match = NUMBER_TOKEN.exec(token);
  return match ? Number(match[1]) : undefined;
}

function firstTokenProblem(first: string): string | undefined {
  if (first.startsWith('{'))
    return 'expected a fixed first token, by which the monitor tells events from other messages';
  if (first.startsWith('$') || first.startsWith('_INBOX'))
    return `subjects that begin with \`${first}\` belong to the server`;
  return undefined;
}

function expandMix(
  mix: EventsInput['mix'],
  pattern: SubjectPattern,
  files: DataFiles,
  findings: Findings,
): readonly EventKind[] | undefined {
  const totalWeight = mix.reduce((sum, { weight }) => sum + weight, 0);
  const bySubject = new Map<string, EventKind>();
  const numbers = pattern.tokens.reduce((product, token) => product * (countOf(token) ?? 1), 1);
  for (const [i, { domain, weight, types, size, payload }] of mix.entries()) {
    const path = ['events', 'mix', i];
    const weights = typeWeights(types);
    if (bySubject.size + weights.length * numbers > MAX_EVENT_KINDS) {
      const included = numbers > 1 ? ', the numbers in their subjects included' : '';
      findings.add([...path, 'types'], `a scenario has at most ${MAX_EVENT_KINDS} kinds of event${included}`);
      return undefined;
    }
    const typesWeight = weights.reduce((sum, [, share]) => sum + share, 0);
    if (!(typesWeight > 0)) {
      const message = weights.length === 0 ? 'there are no types here' : 'all weights are 0';
      findings.add([...path, 'types'], message, 'Give at least one type a weight.');
    }
    const resolved = resolvePayload(
      { payload, size, types: weights.filter(([, share]) => share > 0).map(([type]) => type) },
      files,
      path,
      findings,
    );
    if (resolved === undefined) continue;
    for (const [type, share] of weights) {
      const ofAll = (weight / totalWeight) * (share / typesWeight);
      for (const event of kindsOf({ domain, type, weight: ofAll / numbers }, pattern, resolved)) {
        const problem = subjectProblem(event.subject);
        if (problem !== undefined) findings.add([...path, 'types'], `\`${event.subject}\`: ${problem}`);
        if (bySubject.has(event.subject)) {
          const message = `\`${domain}\` has the type \`${type}\` twice`;
          findings.add([...path, 'types'], message, 'Each kind of event stands once in the mix.');
          break;
        }
        bySubject.set(event.subject, event);
      }
    }
  }
  // What never occurs is no kind of event.
  return [...bySubject.values()].filter(({ weight }) => weight > 0);
}

/** An event of a domain and a type, once for each subject that the numbers of the pattern make. */
function kindsOf(
  event: Pick<EventKind, 'domain' | 'type' | 'weight'>,
  pattern: SubjectPattern,
  { payload, sizeOf }: ResolvedPayload,
): EventKind[] {
  return subjectsOf(pattern, event.domain, event.type).map((subject) => {
    const { domain, type, weight } = event;
    const size = sizeOf({ domain, type, subject });
    return { domain, type, subject, weight, size, ...(payload && { payload }) };
  });
}

function typeWeights(types: EventsInput['mix'][number]['types']): [type: string, weight: number][] {
  if (typeof types === 'number') return Array.from({ length: types }, (_, i) => [`t${i + 1}`, 1]);
  return Array.isArray(types) ? types.map((type) => [type, 1]) : Object.entries(types);
}

function subjectsOf({ tokens }: SubjectPattern, domain: string, type: string): readonly string[] {
  let subjects = [''];
  for (const [i, token] of tokens.entries()) {
    const dot = i === 0 ? '' : '.';
    const count = countOf(token);
    const values =
      count === undefined
        ? [token === '{domain}' ? domain : token === '{type}' ? type : token]
        : Array.from({ length: count }, (_, number) => String(number));
    subjects = subjects.flatMap((subject) => values.map((value) => `${subject}${dot}${value}`));
  }
  return subjects;
}
