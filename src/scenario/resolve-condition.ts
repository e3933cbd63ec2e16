import { messageOf } from '../base/errors.js';
import { nearest, suggestion } from '../base/nearest.js';
import { parseCount } from '../base/units.js';
import type { ConditionMeasure, ConditionPlan } from '../contracts/plan/condition.js';
import type { Comparison } from '../contracts/plan/thresholds.js';
import { lackOf } from './measures-of-load.js';
import type { ParseThreshold } from './plugins.js';
import type { Findings, Path } from './problem.js';
import type { ResolvedLoads } from './resolve-loads.js';

/** What conditions are checked against; what is `undefined` could not be read, and is not checked against. */
export interface ConditionScene {
  readonly loads: ResolvedLoads;
  readonly loadNames: readonly string[] | undefined;
  readonly streamNames: readonly string[] | undefined;
  /** Whether JetStream is on, where that is known. */
  readonly hasJetStream: boolean | undefined;
  readonly parseThreshold: ParseThreshold;
}

const FORMS =
  'A condition is such as `backlog > 10k`, `backlog(ORDERS, worker) > 10k`, `messages(ORDERS) > 1M` or `orders.ack_latency p99 > 200ms`.';

const COUNTED = /^(backlog|messages)\s*(?:\(([^()]*)\))?\s*(<=|>=|==|!=|<|>)\s*(\S+)$/;
const COUNTED_WORDS = ['backlog', 'messages'];
/** The first word of a text, where it names neither a load's measure nor a part of one. */
const LONE_WORD = /^[\w-]+(?![\w.-])/;
const OF_LOAD = /^([^\s<>=!]+)\s+(.+)$/;

/** A condition as planned; `undefined` when it says nothing that can be looked at here. */
export function resolveCondition(
  text: string,
  path: Path,
  scene: ConditionScene,
  findings: Findings,
): ConditionPlan | undefined {
  const trimmed = text.trim();
  const counted = COUNTED.exec(trimmed);
  const wrong: Wrong = (message, hint = FORMS) => findings.add(path, message, hint) as undefined;
  if (counted) {
    const [, what, names, comparison, value] = counted as unknown as [string, ...string[]];
    const of = countedMeasure(what as 'backlog' | 'messages', names, scene, wrong);
    const bound = parseCount(value as string);
    if (bound === undefined) return wrong(`expected a count, such as 10 or 5k, not \`${value}\``);
    return of && { text: trimmed, of, comparison: comparison as Comparison, bound };
  }
  const lone = LONE_WORD.exec(trimmed)?.[0] ?? '';
  const meant = COUNTED_WORDS.includes(lone) ? undefined : nearest(lone, COUNTED_WORDS);
  if (meant !== undefined) return wrong(notOne(lone), `Did you mean \`${meant}\`?`);
  const ofLoad = OF_LOAD.exec(trimmed);
  if (!ofLoad || COUNTED_WORDS.includes(lone)) {
    return wrong(`expected a measure, a comparison and a value, but it is \`${trimmed}\``);
  }
  return loadCondition(trimmed, ofLoad[1] as string, ofLoad[2] as string, scene, wrong);
}

const notOne = (subject: string): string =>
  `expected \`backlog\`, \`messages\` or \`<load>.<measure>\`, not \`${subject}\``;

type Wrong = (message: string, hint?: string) => undefined;

function countedMeasure(
  what: 'backlog' | 'messages',
  names: string | undefined,
  { streamNames, hasJetStream }: ConditionScene,
  wrong: Wrong,
): ConditionMeasure | undefined {
  if (hasJetStream === false)
    return wrong(`${what} needs JetStream, which this cluster has off`, 'Turn it on.');
  const [stream, consumer, ...more] = names === undefined ? [] : names.split(',').map((name) => name.trim());
  if (
    stream === '' ||
    consumer === '' ||
    more.length > 0 ||
    (what === 'messages' && consumer !== undefined)
  ) {
    return wrong(`\`${what}(${names})\` does not say of what`);
  }
  if (stream === undefined) {
    if (what === 'backlog') return { kind: 'backlog' };
    return wrong('`messages` needs the name of a stream: messages(NAME)');
  }
  if (streamNames !== undefined && !streamNames.includes(stream)) {
    return wrong(`there is no stream \`${stream}\``, suggestion(stream, streamNames, 'The streams are'));
  }
  if (what === 'messages') return { kind: 'messages', stream };
  return { kind: 'backlog', stream, ...(consumer !== undefined && { consumer }) };
}

function loadCondition(
  text: string,
  subject: string,
  expect: string,
  { loads, loadNames, parseThreshold }: ConditionScene,
  wrong: Wrong,
): ConditionPlan | undefined {
  const name = subject.slice(0, subject.lastIndexOf('.'));
  if (subject.includes('.') && loadNames !== undefined && !loadNames.includes(name)) {
    const near = nearest(name, loadNames);
    const measure = subject.slice(name.length);
    const hint =
      near === undefined ? `The loads are ${loadNames.join(', ')}.` : `Did you mean \`${near}${measure}\`?`;
    return wrong(`there is no load \`${name}\``, hint);
  }
  let parsed: ReturnType<ParseThreshold>;
  try {
    parsed = parseThreshold(subject, expect);
  } catch (error) {
    const hint = error instanceof Error && 'hint' in error ? error.hint : undefined;
    // Its words are those of a threshold, where other things may stand alone.
    if (!subject.includes('.'))
      return wrong(notOne(subject), String(hint).startsWith('Say of which load') ? String(hint) : FORMS);
    return wrong(messageOf(error), typeof hint === 'string' ? hint : undefined);
  }
  const { load, measure, statistic, comparison, bound } = parsed;
  if (load === undefined) return wrong(`${measure} is known only when the run is over`);
  const named = loads.loads.filter(({ plan }) => plan.name === load);
  const lack = named.length === 1 && named[0] ? lackOf(measure, named[0]) : undefined;
  if (lack !== undefined) return wrong(lack.message, lack.hint);
  return { text, of: { kind: 'load', load, measure, statistic }, comparison, bound };
}
