import { subjectProblem } from '../base/subjects.js';
import type { EventKind } from '../contracts/plan.js';
import { type EventsInput, eventsSchema, MAX_EVENT_KINDS } from './event-schema.js';
import { parsePart } from './parse-part.js';
import type { Findings } from './problem.js';

/** The traffic as planned: every kind of event with its subject and its share. */
export interface ResolvedEvents {
  readonly events: readonly EventKind[];
  readonly domains: readonly string[];
  readonly pattern: SubjectPattern;
}

/** A subject with places for the domain and the type, token by token. */
export interface SubjectPattern {
  readonly tokens: readonly string[];
  readonly domainToken: number;
  readonly typeToken: number;
}

export function resolveEvents(value: unknown, findings: Findings): ResolvedEvents | undefined {
  if (value === undefined) return undefined;
  const input = parsePart(eventsSchema, value, ['events'], findings);
  if (input === undefined) return undefined;
  const before = findings.all.length;
  const pattern = readPattern(input.subject, findings);
  const events = pattern && expandMix(input.mix, pattern, findings);
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
  const stray = tokens.find((token) => /[{}]/.test(token) && token !== '{domain}' && token !== '{type}');
  return stray === undefined
    ? undefined
    : `\`${stray}\` is no token: {domain} and {type} stand alone between dots`;
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
  findings: Findings,
): readonly EventKind[] | undefined {
  const totalWeight = mix.reduce((sum, { weight }) => sum + weight, 0);
  const bySubject = new Map<string, EventKind>();
  for (const [i, { domain, weight, types, size }] of mix.entries()) {
    const path = ['events', 'mix', i, 'types'];
    const weights = typeWeights(types);
    const typesWeight = weights.reduce((sum, [, share]) => sum + share, 0);
    if (!(typesWeight > 0)) {
      findings.add(
        path,
        weights.length === 0 ? 'there are no types here' : 'all weights are 0',
        'Give at least one type a weight.',
      );
    }
    if (bySubject.size + weights.length > MAX_EVENT_KINDS) {
      findings.add(path, `a scenario has at most ${MAX_EVENT_KINDS} kinds of event`);
      return undefined;
    }
    for (const [type, share] of weights) {
      const subject = subjectOf(pattern, domain, type);
      const problem = subjectProblem(subject);
      if (problem !== undefined) findings.add(path, `\`${subject}\`: ${problem}`);
      if (bySubject.has(subject)) {
        findings.add(
          path,
          `\`${domain}\` has the type \`${type}\` twice`,
          'Each kind of event stands once in the mix.',
        );
      }
      const ofAll = (weight / totalWeight) * (share / typesWeight);
      bySubject.set(subject, { domain, type, subject, weight: ofAll, size });
    }
  }
  // What never occurs is no kind of event.
  return [...bySubject.values()].filter(({ weight }) => weight > 0);
}

function typeWeights(types: EventsInput['mix'][number]['types']): [type: string, weight: number][] {
  if (typeof types === 'number') return Array.from({ length: types }, (_, i) => [`t${i + 1}`, 1]);
  return Array.isArray(types) ? types.map((type) => [type, 1]) : Object.entries(types);
}

const subjectOf = ({ tokens }: SubjectPattern, domain: string, type: string): string =>
  tokens.map((token) => (token === '{domain}' ? domain : token === '{type}' ? type : token)).join('.');
