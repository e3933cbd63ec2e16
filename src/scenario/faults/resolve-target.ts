import { nearest } from '../../base/nearest.js';
import type { Random } from '../../base/random.js';
import { formatRatio } from '../../base/units.js';
import type { StreamPlan } from '../../contracts/plan/streams.js';
import type { TargetPlan } from '../../contracts/plan/target.js';
import type { Findings, Path } from '../problem.js';
import type { ResolvedCluster } from '../resolve-cluster.js';
import {
  readTargetChoice,
  TARGET_FORMS,
  TARGET_WORDS,
  type TargetChoice,
  type TargetInput,
} from './target-grammar.js';

/** What targets are checked against; what is `undefined` could not be read, and is not checked against. */
export interface TargetScene {
  readonly cluster: ResolvedCluster | undefined;
  readonly streamNames: readonly string[] | undefined;
  /** Those that could be read, with how many replicas they have. */
  readonly streams: readonly StreamPlan[];
}

/** A target that is there: what of it is drawn is drawn once for every fault. */
export type Target = (random: Random) => TargetPlan;

/** Checks a target; `undefined` when there is no such thing here. */
export function resolveTarget(
  input: TargetInput,
  path: Path,
  scene: TargetScene,
  findings: Findings,
): Target | undefined {
  const choice = readTargetChoice(input);
  const wrong = (message: string, hint?: string): undefined => findings.add(path, message, hint) as undefined;
  if (typeof choice === 'string') return wrong(choice, `A target is ${TARGET_FORMS}.`);
  if (isOfJetStream(choice) && scene.cluster?.jetstream?.on === false) {
    const text = typeof input === 'string' ? input : choice.form;
    return wrong(`${text} needs JetStream, which this cluster has off`, 'Turn it on, or name a node.');
  }
  switch (choice.form) {
    case 'leader':
    case 'most-clients': {
      const plan = { role: choice.form };
      return () => plan;
    }
    case 'follower':
      return (random) => ({ role: 'follower', draw: random.next() });
    case 'stream-leader':
    case 'stream-follower':
    case 'consumer-leader':
      return ofStream(choice, scene, wrong);
    case 'names':
      return ofNames(choice.names, scene, wrong);
    default:
      return ofNumber(choice, scene, wrong);
  }
}

type Wrong = (message: string, hint?: string) => undefined;
type Choice<F extends TargetChoice['form']> = Extract<TargetChoice, { readonly form: F }>;

const isOfJetStream = ({ form }: TargetChoice): boolean =>
  ['leader', 'follower', 'stream-leader', 'stream-follower', 'consumer-leader'].includes(form);

function ofStream(
  choice: Choice<'stream-leader' | 'stream-follower' | 'consumer-leader'>,
  { streamNames, streams }: TargetScene,
  wrong: Wrong,
): Target | undefined {
  const { form, stream } = choice;
  if (streamNames !== undefined && !streamNames.includes(stream)) {
    const near = nearest(stream, streamNames);
    const known =
      streamNames.length === 0 ? 'No stream is declared.' : `The streams are ${streamNames.join(', ')}.`;
    const rest = form === 'consumer-leader' ? `${near}, ${choice.consumer}` : near;
    const word = form === 'stream-follower' ? 'follower' : form;
    return wrong(
      `there is no stream \`${stream}\``,
      near === undefined ? known : `Did you mean ${word}(${rest})?`,
    );
  }
  if (form === 'stream-leader') return () => ({ role: form, stream });
  if (form === 'consumer-leader') return () => ({ role: form, stream, consumer: choice.consumer });
  const declared = streams.find(({ name }) => name === stream);
  if (declared !== undefined && replicasOf(declared) < 2) {
    return wrong(
      `the stream ${stream} has one replica, which leads: there is no follower`,
      'Give it `replicas: 3`.',
    );
  }
  return (random) => ({ role: 'stream-follower', stream, draw: random.next() });
}

/** How many nodes keep a copy of a stream. */
export const replicasOf = ({ config }: StreamPlan): number => Number(config.num_replicas ?? 1);

function ofNames(names: readonly string[], { cluster }: TargetScene, wrong: Wrong): Target | undefined {
  const known = cluster?.plan.nodeNames ?? [];
  const empty = names.includes('');
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (empty) return wrong('one of the names of nodes is empty', 'Write them as `n1, n3` or as a list.');
  if (twice !== undefined) return wrong(`the node \`${twice}\` stands here twice`, 'Name it once.');
  for (const name of names) {
    if (cluster === undefined || known.length === 0 || known.includes(name)) continue;
    const near = nearest(name, names.length === 1 ? [...known, ...TARGET_WORDS] : known);
    const hint = near === undefined ? `A target is ${TARGET_FORMS}.` : `Did you mean \`${near}\`?`;
    return wrong(`there is no node \`${name}\`: the nodes are ${known.join(', ')}`, hint);
  }
  const [node = ''] = names;
  const text = names.join(', ');
  return () => (names.length === 1 ? { role: 'node', node } : { role: 'nodes', nodes: names, text });
}

function ofNumber(
  choice: Choice<'one' | 'all' | 'minority' | 'majority' | 'count' | 'share'>,
  { cluster }: TargetScene,
  wrong: Wrong,
): Target | undefined {
  if (cluster === undefined) return () => ({ role: 'nodes', nodes: [], text: choice.form });
  const names = cluster.plan.nodeNames;
  if (names.length === 0) {
    const message = 'the nodes of this cluster are not known before it runs, so none can be drawn';
    return wrong(message, 'Name a role or a node.');
  }
  const nodes = names.length === 1 ? '1 node' : `${names.length} nodes`;
  switch (choice.form) {
    case 'one':
      return (random) => ({ role: 'node', node: random.pick(names), drawn: true });
    case 'all':
      return () => ({ role: 'nodes', nodes: names, text: 'all' });
    case 'minority': {
      const count = Math.floor((names.length - 1) / 2);
      if (count > 0) return drawing(names, count, 'minority');
      return wrong(`a cluster of ${nodes} has no minority that it could do without`, 'Give it three nodes.');
    }
    case 'majority':
      return drawing(names, Math.floor(names.length / 2) + 1, 'majority');
    case 'count': {
      const { count } = choice;
      if (count === 0) return wrong('0 nodes are none: nothing would be hit', 'Leave the fault out.');
      if (count > names.length) return wrong(`there are only ${nodes}, not ${count}`, 'Write `all` for all.');
      return drawing(names, count, String(count));
    }
    case 'share': {
      const count = Math.floor(choice.ratio * names.length + 1e-9);
      if (choice.ratio > 1) return wrong(`${choice.text} is more than all nodes`, 'Write `all` for all.');
      if (count > 0) return drawing(names, count, choice.text);
      const least = formatRatio(Math.ceil(100 / names.length) / 100).replace(' ', '');
      return wrong(`${choice.text} of ${nodes} is not one whole node`, `From ${least} on it is one.`);
    }
  }
}

/** So many of the nodes, drawn by the seed, in the order of the nodes. */
function drawing(names: readonly string[], count: number, text: string): Target {
  return (random) => {
    const left = [...names];
    const drawn = Array.from({ length: count }, () => left.splice(random.below(left.length), 1)[0]);
    const nodes = names.filter((name) => drawn.includes(name));
    return { role: 'nodes', nodes, text, ...(count < names.length && { drawn: true }) };
  };
}
