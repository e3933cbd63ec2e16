import { subjectMatches } from '../../base/subjects.js';
import type { LoadProblem, LoadScene } from '../../contracts/load.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';
import type { StreamPlan } from '../../contracts/plan/streams.js';
import { inFlightOf } from '../worker-share.js';
import { batchMessages, type JsPublishParams, repeatShare } from './js-publish-schema.js';

/** What a stream must allow for a mode. */
export const NEEDED_SETTING = { atomic: 'allow_atomic', fast: 'allow_batched' } as const;

/** The streams of the scenario that take a load's events. */
export function streamsOf(load: LoadPlan, { streams, events }: LoadScene): StreamPlan[] {
  const subjects = events.filter(({ domain }) => load.domains.includes(domain)).map(({ subject }) => subject);
  const takes = (stream: StreamPlan, subject: string) =>
    stream.subjects.some((filter) => subjectMatches(filter, subject));
  return streams.filter((stream) => subjects.some((subject) => takes(stream, subject)));
}

/** What is wrong with a js-publish load in its scenario. */
export function findProblems(load: LoadPlan, scene: LoadScene): LoadProblem[] {
  const params = load.params as JsPublishParams;
  const { mode } = params;
  const problems: LoadProblem[] = [];
  const add = (key: string, message: string, hint: string) => problems.push({ key, message, hint });
  const streams = streamsOf(load, scene);

  if (mode === 'sync' && load.schedule.mode === 'closed') {
    add(
      'mode',
      'mode sync has one message in flight per worker, whatever its concurrency',
      'Use mode async.',
    );
  }
  if (repeatShare(params) > 0 && (mode === 'atomic' || mode === 'fast')) {
    const message = 'what is published twice is published by itself, not in a batch';
    add('msg-id', message, 'Use mode sync or async, or `msg-id: true`.');
  }
  if (mode !== 'atomic' && mode !== 'fast' && params['commit-every'] !== undefined) {
    add('commit-every', `mode ${mode} commits nothing`, 'Leave it out, or use mode atomic or fast.');
  }
  if (mode === 'atomic' || mode === 'fast') {
    const setting = NEEDED_SETTING[mode];
    const lacking = streams.find(({ config }) => config[setting] !== true);
    if (lacking)
      add('mode', `the stream ${lacking.name} takes no such batches`, `Give it \`${setting}: true\`.`);
    if (streams.length > 1) {
      const names = streams.map(({ name }) => name).join(', ');
      add(
        'mode',
        `a batch goes to one stream, and the events of this load go to ${names}`,
        'Select domains of one stream.',
      );
    }
  }
  if (mode === 'atomic') problems.push(...atomicProblems(load, scene));
  const { 'expect-stream': expected } = params;
  const other = expected === undefined ? undefined : streams.find(({ name }) => name !== expected);
  if (other) add('expect-stream', `events of this load go to ${other.name}`, 'It would refuse all of them.');
  return problems;
}

function atomicProblems(load: LoadPlan, { events }: LoadScene): LoadProblem[] {
  const params = load.params as JsPublishParams;
  const { schedule, workers } = load;
  const messages = batchMessages(params) as number;
  const window = inFlightOf(load, workers - 1, params.window);
  const problems: LoadProblem[] = [];
  if (window < messages) {
    const key = schedule.mode === 'closed' ? 'concurrency' : 'window';
    problems.push({
      key,
      message: `a batch of ${messages} messages does not fit into ${window} in flight per worker`,
      hint: `Make ${key} larger, or commit-every smaller.`,
    });
  }
  if (events.some(({ domain, payload }) => load.domains.includes(domain) && payload?.kind === 'file')) {
    problems.push({
      key: 'mode',
      message: 'the records of a file cannot be sent in atomic batches',
      hint: 'Use another mode, or select other domains.',
    });
  }
  return problems;
}
