import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument, type YAMLSeq } from 'yaml';
import { messageOf } from '../base/errors.js';
import { suggestion } from '../base/nearest.js';
import { maskAssignment } from '../base/secret.js';
import { childOf } from './parse-yaml.js';
import { formatPath, type ScenarioProblem } from './problem.js';

/** Which nodes of the document came from which option: their errors point there and not at a line. */
export type SetNodes = ReadonlyMap<Node, string>;

interface Spot {
  readonly holder: Node;
  /** What leads from the holder to the value; more than one step where the file lacks what lies between. */
  readonly steps: readonly (string | number)[];
}

/**
 * Puts each `path=value` into the document, before it is validated. Items of lists are named by their index
 * (`load[0].rate`, `load.0.rate`) or by their own name or domain (`load.orders.rate`); the value is YAML.
 */
export function applySets(
  document: Document.Parsed,
  sets: readonly string[],
  file: string,
): { readonly setNodes: SetNodes; readonly problems: readonly ScenarioProblem[] } {
  const setNodes = new Map<Node, string>();
  const problems: ScenarioProblem[] = [];
  for (const set of sets) {
    const option = `--set ${maskAssignment(set)}`;
    const problem = applySet(document, set, (node) => setNodes.set(node, option));
    if (problem !== undefined) problems.push({ file, option, path: '', ...problem });
  }
  return { setNodes, problems };
}

type SetProblem = Pick<ScenarioProblem, 'message' | 'hint'>;

const EXAMPLE = 'Write it as --set load.orders.rate=1k/s or --set "faults[0].at=20s".';

function applySet(
  document: Document.Parsed,
  set: string,
  mark: (node: Node) => void,
): SetProblem | undefined {
  const equals = set.indexOf('=');
  const steps = equals > 0 ? splitPath(set.slice(0, equals)) : undefined;
  if (steps === undefined) return { message: 'expected path=value', hint: EXAMPLE };
  const value = readValue(set.slice(equals + 1));
  if ('problem' in value) return { message: `the value is not YAML: ${value.problem}`, hint: EXAMPLE };

  const spot = findSpot(document, steps);
  if ('message' in spot) return spot;
  const node = document.createNode(spot.steps.slice(1).reduceRight(wrap, value.is));
  mark(node);
  put(spot.holder, spot.steps[0] as string | number, node, document);
  return undefined;
}

function readValue(text: string): { readonly is: unknown } | { readonly problem: string } {
  try {
    const parsed = parseDocument(text, { prettyErrors: false });
    const error = parsed.errors[0] ?? parsed.warnings[0];
    return error ? { problem: error.message } : { is: parsed.toJS() };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

const wrap = (inner: unknown, step: string | number): unknown =>
  typeof step === 'number' ? [inner] : { [step]: inner };

/** `load.orders.stages[0]["to"]` → its steps; `undefined` when it is no path. */
function splitPath(path: string): (string | number)[] | undefined {
  const steps: (string | number)[] = [];
  const step = /(?:^|\.)([^.[\]"]+)|\[(\d{1,6})\]|\["([^"]*)"\]/gy;
  let end = 0;
  for (let match = step.exec(path); match; match = step.exec(path)) {
    steps.push(match[1] ?? match[3] ?? Number(match[2]));
    end = step.lastIndex;
  }
  return end === path.length && typeof steps[0] === 'string' ? steps : undefined;
}

function findSpot(document: Document.Parsed, path: readonly (string | number)[]): Spot | SetProblem {
  let holder = document.contents as Node;
  const walked: (string | number)[] = [];
  for (let i = 0; i < path.length; ) {
    const where = formatPath(walked);
    let step = path[i] as string | number;
    let used = 1;
    if (isSeq(holder)) {
      const index = indexIn(holder, step, where);
      if (typeof index !== 'number') return index;
      step = index;
    } else if (isMap(holder)) {
      [step, used] = keyIn(holder, path.slice(i), walked);
    } else {
      return { message: `${where} is a value; there is nothing in it to set`, hint: `Set ${where} itself.` };
    }
    const child = childOf(holder, step)?.value;
    const rest = path.slice(i + used);
    const empty = child === undefined || child === null || (isScalar(child) && child.value === null);
    if (rest.length === 0 || empty) {
      if (rest.some((later) => typeof later === 'number' && later > 0)) {
        return {
          message: `there is no ${formatPath([...walked, step, ...rest])}`,
          hint: 'Begin at index 0.',
        };
      }
      return { holder, steps: [step, ...rest] };
    }
    walked.push(step);
    if (isAlias(child)) {
      const message = `${formatPath(walked)} is an alias (*${child.source})`;
      return { message, hint: `Set what is anchored as &${child.source}.` };
    }
    holder = child;
    i += used;
  }
  throw new Error('a path has at least one step');
}

/** The key that the next steps name: keys such as `orders.ack_latency` hold dots, as paths do. */
function keyIn(map: Node, steps: readonly (string | number)[], walked: readonly unknown[]): [string, number] {
  const words = steps.slice(
    0,
    steps.findIndex((step) => typeof step === 'number') >>> 0, // all of them when there is no number
  );
  for (let used = words.length; used > 1; used--) {
    const joined = words.slice(0, used).join('.');
    if (childOf(map, joined)) return [joined, used];
  }
  const isSubject = walked.length === 1 && walked[0] === 'thresholds' && !childOf(map, String(steps[0]));
  return isSubject ? [words.join('.'), words.length] : [String(steps[0]), 1];
}

function indexIn(list: YAMLSeq, step: string | number, where: string): number | SetProblem {
  const index = /^\d+$/.test(String(step)) ? Number(step) : -1;
  const count = list.items.length;
  if (index >= 0) {
    if (index <= count) return index;
    const range = count === 0 ? 'it is empty' : `its items are 0 to ${count - 1}`;
    return { message: `there is no ${where}[${index}]: ${range}`, hint: `${where}[${count}] adds one.` };
  }
  const names = list.items.map((item) => {
    const name = childOf(item, 'name')?.value ?? childOf(item, 'domain')?.value;
    return isScalar(name) ? String(name.value) : '';
  });
  const found = names.indexOf(String(step));
  if (found >= 0) return found;
  const known = names.filter(Boolean);
  const hint =
    known.length > 0
      ? suggestion(String(step), known, 'Those there are')
      : `Name it by its index: ${where}[0].`;
  return { message: `nothing in ${where} is named \`${step}\``, hint };
}

function put(holder: Node, step: string | number, value: Node, document: Document.Parsed): void {
  if (isSeq(holder)) holder.items[step as number] = value;
  else if (isMap(holder)) {
    const pair = holder.items.find(({ key }) => isScalar(key) && String(key.value) === step);
    if (pair) pair.value = value;
    else holder.items.push(document.createPair(step, value) as (typeof holder.items)[number]);
  }
}
