import { filtersOverlap } from '../../base/subjects.js';
import type { LoadKindFacts, LoadProblem, LoadScene } from '../../contracts/load.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';
import type { LoadKind } from '../load-kind.js';
import { namedConsumers, prepareConsumers } from './consumers.js';
import { acksOf, type JsConsumeParams, jsConsumeSchema } from './js-consume-schema.js';
import { JsConsumeTraffic } from './js-consume-traffic.js';

const facts: LoadKindFacts = {
  acknowledged: false,
  history: ['deliver', 'ack', 'nak', 'term'],
  events: false,
  needsStream: false,
  schedules: ['follow'],
  measures: ['ack_latency', 'service_time', 'lag', 'drain_time', 'duplicates', 'redelivered', 'lost'],
  uncounted,
};

/** Consumers of a stream, and workers that pull from them. */
export const jsConsume: LoadKind = {
  kind: 'js-consume',
  summary: 'consumers of a stream: consume, fetch or ordered, acknowledged or not, with redelivery',
  facts,
  schema: jsConsumeSchema,
  findProblems,
  consumers: namedConsumers,
  prepare: prepareConsumers,
  create: (setting) => new JsConsumeTraffic(setting),
};

/** Each mode and each way to acknowledge shows some things, and cannot show others. */
function uncounted({ params }: LoadPlan): ReturnType<NonNullable<LoadKindFacts['uncounted']>> {
  const { mode, filter } = params as JsConsumeParams;
  const acks = acksOf(params as JsConsumeParams);
  if (mode === 'ordered') {
    return filter === undefined
      ? {
          counters: ['ack_latency', 'service_time', 'redelivered'],
          why: 'an ordered consumer acknowledges nothing',
        }
      : {
          counters: ['ack_latency', 'service_time', 'redelivered', 'lost'],
          why: 'an ordered consumer acknowledges nothing, and with a filter it cannot tell what is missing',
        };
  }
  const why = 'only `mode: ordered` sees what is missing from a stream';
  if (acks === 'sync') return { counters: ['lost'], why };
  return {
    counters: ['ack_latency', 'service_time', 'lost'],
    why: `with \`ack: ${acks}\` no acknowledgement is answered, and ${why}`,
  };
}

function findProblems(load: LoadPlan, scene: LoadScene): LoadProblem[] {
  const params = load.params as JsConsumeParams;
  const problems: LoadProblem[] = [];
  const acks = acksOf(params);
  const add = (key: string, message: string, hint: string) => problems.push({ key, message, hint });

  if (params.mode === 'ordered' && params.ack !== undefined && params.ack !== 'none') {
    add('ack', 'an ordered consumer acknowledges nothing', 'Leave `ack` out, or use mode consume or fetch.');
  }
  if (params.mode === 'ordered' && params.durable !== undefined) {
    add(
      'durable',
      'an ordered consumer has no name that lasts',
      'Leave it out, or use mode consume or fetch.',
    );
  }
  for (const key of ['nak', 'no-ack', 'term', 'lose-after-ack'] as const) {
    if (params[key] > 0 && acks !== 'explicit' && acks !== 'sync') {
      add(
        key,
        `with ack: ${acks} no single message can be answered apart`,
        'Leave it out, or use ack: explicit.',
      );
    }
  }
  if (params.nak + params['no-ack'] + params.term > 1) {
    add('nak', 'nak, no-ack and term are more than all deliveries together', 'Make them 100% at most.');
  }
  if (acks === 'all' && load.workers > 1 && !params['per-worker']) {
    const message = 'with ack: all a worker would acknowledge what the others have not dealt with yet';
    add('ack', message, 'Use ack: explicit, one worker, or per-worker: true.');
  }
  if ((params.deliver === 'by-start-sequence') !== (params['start-sequence'] !== undefined)) {
    const message = 'deliver: by-start-sequence and start-sequence go together';
    add(
      params['start-sequence'] === undefined ? 'deliver' : 'start-sequence',
      message,
      'Give both, or neither.',
    );
  }
  return [...problems, ...streamProblems(load, scene)];
}

function streamProblems(load: LoadPlan, { streams, isExternal }: LoadScene): LoadProblem[] {
  const params = load.params as JsConsumeParams;
  const stream = streams.find(({ name }) => name === params.stream);
  if (!stream) {
    if (isExternal) return [];
    const known = streams.map(({ name }) => name).join(', ');
    return [
      {
        key: 'stream',
        message: `the scenario has no stream \`${params.stream}\``,
        hint: known ? `Its streams are: ${known}.` : 'Add it under `streams`.',
      },
    ];
  }
  const problems: LoadProblem[] = [];
  const stray = params.filter?.find(
    (one) => !stream.subjects.some((subject) => filtersOverlap(subject, one)),
  );
  if (stray !== undefined) {
    problems.push({
      key: 'filter',
      message: `${stream.name} has no messages of \`${stray}\``,
      hint: `Its subjects are: ${stream.subjects.join(', ')}.`,
    });
  }
  const replicas = Number(stream.config.num_replicas ?? 1);
  if (params.replicas !== undefined && params.replicas > replicas) {
    problems.push({
      key: 'replicas',
      message: `a consumer cannot have more replicas than its stream, and ${stream.name} has ${replicas}`,
      hint: 'Make it fewer, or leave it out.',
    });
  }
  const isWorkQueue = stream.config.retention === 'workqueue';
  const consumers = params.consumers * (params['per-worker'] ? load.workers : 1);
  if (isWorkQueue && (consumers > 1 || params.mode === 'ordered')) {
    problems.push({
      key: params.mode === 'ordered' ? 'mode' : 'consumers',
      message: `each message of ${stream.name} goes to one consumer: its retention is workqueue`,
      hint: 'Use one consumer that acknowledges, and several workers that share it.',
    });
  }
  return problems;
}
