import { isDeepStrictEqual } from 'node:util';
import { Document, isMap, isScalar, isSeq, type Node, parseDocument, visit, type YAMLMap } from 'yaml';
import type { FaultPlan } from '../../contracts/plan/faults.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';
import type { Plan } from '../../contracts/plan.js';
import { applySets } from '../apply-sets.js';
import { childOf, parseYaml } from '../parse-yaml.js';
import type { ScenarioPlugins } from '../plugins.js';
import { ScenarioError } from '../problem.js';
import { editAlerts } from './edit-alerts.js';
import { type WritePlace, writeFault } from './write-fault.js';
import { writeLoadChange } from './write-load.js';

/** A scenario as it stands in a file, and the plan that came of it. */
export interface WrittenScenario {
  readonly text: string;
  /** How errors call it. */
  readonly file: string;
  /** `path=value` overrides that the plan was resolved with. */
  readonly sets: readonly string[];
  readonly plan: Plan;
}

/** What a scenario is to have in place of its own. */
export interface ScenarioChange {
  /** Each at a time of its own. */
  readonly faults: readonly FaultPlan[];
  /** Some of its own, by name, with another pace or another length. */
  readonly loads: readonly LoadPlan[];
  readonly nodes?: number;
}

export interface EditOptions {
  readonly plugins: ScenarioPlugins;
  readonly place: WritePlace;
  /** Where it is to stand in another place: the paths that the text has, and what they are from there. */
  readonly paths?: ReadonlyMap<string, string>;
  /** Lines for people, above everything else. */
  readonly head?: readonly string[];
}

/** Long flow maps are broken behind this column. */
const LINE_WIDTH = 140;

/**
 * The text of a scenario with other faults and less load, its comments and all else as they stand; what speaks of loads
 * that are gone goes with them. Its seed and its overrides stand in it.
 */
export function editScenario(
  { text, file, sets, plan }: WrittenScenario,
  { faults, loads, nodes }: ScenarioChange,
  { plugins, place, paths, head = [] }: EditOptions,
): string {
  const parsed = parseYaml(text, file).document;
  const { problems } = applySets(parsed, sets, file);
  if (problems.length > 0) throw new ScenarioError(problems);
  const document = withoutAliases(parsed);
  document.set('seed', plan.seed);
  document.set(
    'faults',
    flowList(
      document,
      faults.map((fault) => writeFault(fault, plugins.faults[fault.kind]!, place)),
    ),
  );
  editLoads(document, plan.loads, loads);
  const isGone = (name: string): boolean => !loads.some((load) => load.name === name);
  dropThresholds(document, plan, isGone, faults.length === 0);
  dropConditions(document, plan, isGone);
  editAlerts(document, plan.alerts, faults);
  if (nodes !== undefined) document.setIn(['cluster', 'nodes'], nodes);
  if (paths !== undefined) renamePaths(document, paths);
  const whole = tight(document.toString({ lineWidth: LINE_WIDTH }));
  // The place of its schema, for editors, is such a path too.
  const body = paths === undefined ? whole : whole.replace(/^# yaml-language-server:.*\n/m, '');
  return `${head.map((line) => `# ${line}`.trimEnd()).join('\n')}${head.length > 0 ? '\n\n' : ''}${body}`;
}

/** What an alias refers to may be changed where it stands, or go: then everything is written out, without comments. */
function withoutAliases(parsed: Document.Parsed): Document {
  let hasAliases = false;
  visit(parsed, {
    Alias() {
      hasAliases = true;
      return visit.BREAK;
    },
  });
  return hasAliases ? new Document(parsed.toJS(), { aliasDuplicateObjects: false }) : (parsed as Document);
}

function flowList(document: Document, values: readonly unknown[]): Node {
  const list = document.createNode(values);
  if (isSeq(list)) {
    list.flow = values.length === 0;
    for (const item of list.items) if (isMap(item)) item.flow = true;
  }
  return list;
}

function editLoads(document: Document, was: readonly LoadPlan[], is: readonly LoadPlan[]): void {
  const list = document.get('load');
  if (!isSeq(list)) return;
  list.items = list.items.filter((item) => is.some(({ name }) => name === nameOf(item)));
  for (const item of list.items as YAMLMap[]) {
    const name = nameOf(item);
    const now = is.find((load) => load.name === name) as LoadPlan;
    const before = was.find((load) => load.name === name) as LoadPlan;
    for (const [key, value] of Object.entries(writeLoadChange(now, before))) {
      if (value === undefined) item.delete(key);
      else item.set(key, document.createNode(value, { flow: true }));
    }
  }
}

const nameOf = (item: unknown): unknown => {
  const name = childOf(item, 'name')?.value;
  return isScalar(name) ? name.value : undefined;
};

/** Those of loads that are gone, and of faults where there are none. */
function dropThresholds(
  document: Document,
  { thresholds }: Plan,
  isGone: (load: string) => boolean,
  withoutFaults: boolean,
): void {
  const map = document.get('thresholds');
  if (!isMap(map)) return;
  let at = 0;
  for (const pair of [...map.items]) {
    const list = pair.value;
    if (!isSeq(list)) continue;
    // They are in the plan in the order in which they stand here.
    list.items = list.items.filter(() => {
      const threshold = thresholds[at++];
      if (threshold === undefined) return true;
      if (threshold.load !== undefined && isGone(threshold.load)) return false;
      return !withoutFaults || (threshold.measure !== 'recovery_time' && threshold.during !== 'faults');
    });
    if (list.items.length === 0) map.items.splice(map.items.indexOf(pair), 1);
  }
  if (map.items.length === 0) document.delete('thresholds');
}

function dropConditions(document: Document, { guards }: Plan, isGone: (load: string) => boolean): void {
  const list = document.getIn(['guards', 'abort-on']);
  if (!isSeq(list)) return;
  list.items = list.items.filter((_, i) => {
    const of = guards.abortOn[i]?.of;
    return of?.kind !== 'load' || !isGone(of.load);
  });
}

function renamePaths(document: Document, paths: ReadonlyMap<string, string>): void {
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string') return;
      const renamed = paths.get(node.value);
      if (renamed !== undefined) node.value = renamed;
    },
  });
}

/** `[ a, b ]` → `[a, b]`, where that changes nothing else: a list has no room at its ends where a map has. */
function tight(text: string): string {
  const closer = text.replace(/\[ (?=\S)/g, '[').replace(/(?<=\S) \]/g, ']');
  return isDeepStrictEqual(parseDocument(closer).toJS(), parseDocument(text).toJS()) ? closer : text;
}
