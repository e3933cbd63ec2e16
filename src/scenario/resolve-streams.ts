import { filtersOverlap, subjectFilterProblem, subjectMatches } from '../base/subjects.js';
import type { StreamPlan } from '../contracts/plan/streams.js';
import { parsePart } from './parse-part.js';
import type { Findings } from './problem.js';
import type { ResolvedCluster } from './resolve-cluster.js';
import { type StreamInput, streamSchema } from './stream-schema.js';

/** A stream as planned, with its place in the scenario's list. */
export interface ResolvedStream {
  readonly index: number;
  readonly plan: StreamPlan;
}

/** The streams as planned. `complete` is false when one of them could not be used. */
export function resolveStreams(
  values: unknown,
  cluster: ResolvedCluster | undefined,
  subjects: readonly string[] | undefined,
  findings: Findings,
): { readonly streams: readonly ResolvedStream[]; readonly complete: boolean } {
  const streams: ResolvedStream[] = [];
  if (!Array.isArray(values)) return { streams, complete: false };
  for (const [index, value] of values.entries()) {
    const input = parsePart(streamSchema, value, ['streams', index], findings);
    const plan = input && planStream(input, index, cluster, findings);
    if (plan !== undefined) streams.push({ index, plan });
  }
  if (values.length > 0 && cluster?.jetstream?.on === false) {
    findings.add(
      ['streams'],
      'there are streams, but the cluster has JetStream off',
      'Turn it on: cluster.jetstream.',
    );
  }
  reportDuplicates(streams, findings);
  reportOverlaps(streams, findings);
  if (subjects !== undefined) reportUnmatched(streams, subjects, findings);
  return { streams, complete: streams.length === values.length };
}

function planStream(
  input: StreamInput,
  index: number,
  cluster: ResolvedCluster | undefined,
  findings: Findings,
): StreamPlan | undefined {
  const path = ['streams', index];
  const before = findings.all.length;
  const { replicas, subjects = [], ...fields } = input;
  if (replicas !== undefined && fields.num_replicas !== undefined) {
    findings.addAtKey(
      [...path, 'num_replicas'],
      '`replicas` and `num_replicas` are the same field',
      'Keep one of the two.',
    );
  }
  const copies = replicas ?? fields.num_replicas ?? 1;
  const nodes = cluster?.plan.nodeNames.length ?? 0;
  if (nodes > 0 && copies > nodes) {
    const key = replicas === undefined ? 'num_replicas' : 'replicas';
    const cause = `${copies} replicas need ${copies} nodes, but the cluster has ${nodes}`;
    findings.add([...path, key], cause, `Write ${nodes} at most, or give the cluster more nodes.`);
  }
  if (input.mirror !== undefined && subjects.length > 0) {
    findings.addAtKey([...path, 'subjects'], 'a stream that mirrors another has no subjects of its own');
  }
  if (input.mirror === undefined && input.sources === undefined && subjects.length === 0) {
    findings.add(
      path,
      'the key `subjects` is missing: expected what the stream captures, such as [cim.events.orders.>]',
    );
  }
  for (const [i, subject] of subjects.entries()) {
    const problem = subjectFilterProblem(subject);
    if (problem !== undefined) findings.add([...path, 'subjects', i], problem);
  }
  if (findings.all.length > before) return undefined;
  const config = {
    ...fields,
    ...(subjects.length > 0 && { subjects }),
    storage: fields.storage ?? cluster?.jetstream?.storage ?? 'file',
    num_replicas: copies,
  };
  return { name: input.name, subjects, config };
}

function reportDuplicates(streams: readonly ResolvedStream[], findings: Findings): void {
  const seen = new Set<string>();
  for (const { index, plan } of streams) {
    if (seen.has(plan.name)) {
      findings.add(
        ['streams', index, 'name'],
        `there are two streams named \`${plan.name}\``,
        'Give one of them another name.',
      );
    }
    seen.add(plan.name);
  }
}

function reportOverlaps(streams: readonly ResolvedStream[], findings: Findings): void {
  for (const [i, { index, plan }] of streams.entries()) {
    for (const [s, subject] of plan.subjects.entries()) {
      // Its own subjects before this one count too: a server refuses either.
      const others = streams.slice(0, i + 1).flatMap((other) => {
        const theirs = other.plan === plan ? plan.subjects.slice(0, s) : other.plan.subjects;
        return theirs.map((theirSubject) => ({ name: other.plan.name, theirSubject }));
      });
      const clash = others.find(({ theirSubject }) => filtersOverlap(subject, theirSubject));
      if (clash === undefined) continue;
      const message = `\`${subject}\` overlaps \`${clash.theirSubject}\` of ${clash.name}`;
      findings.add(['streams', index, 'subjects', s], message, 'A subject can go to one stream only.');
    }
  }
}

function reportUnmatched(
  streams: readonly ResolvedStream[],
  subjects: readonly string[],
  findings: Findings,
): void {
  for (const { index, plan } of streams) {
    if (plan.subjects.length === 0 || subjects.some((subject) => captures(plan, subject))) continue;
    const message = `no event goes to ${plan.subjects.map((subject) => `\`${subject}\``).join(' or ')}`;
    findings.add(
      ['streams', index, 'subjects'],
      message,
      `Events go to subjects such as \`${subjects[0]}\`.`,
    );
  }
}

/** Whether a stream captures what is published to a subject. */
export const captures = (stream: StreamPlan, subject: string): boolean =>
  stream.subjects.some((filter) => subjectMatches(filter, subject));
