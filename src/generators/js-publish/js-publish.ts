import type { LoadKindFacts } from '../../contracts/load.js';
import type { LoadKind, Traffic, TrafficSetting } from '../load-kind.js';
import { AtomicTraffic } from './atomic-traffic.js';
import { FastTraffic } from './fast-traffic.js';
import { findProblems } from './find-problems.js';
import { type JsPublishParams, jsPublishSchema } from './js-publish-schema.js';
import { prepareBatches } from './prepare-batches.js';
import { SingleTraffic } from './single-traffic.js';

const facts: LoadKindFacts = {
  acknowledged: true,
  history: ['publish'],
  events: true,
  bodiesOfMix: true,
  beginsTraces: true,
  needsStream: true,
  schedules: ['open', 'max', 'closed'],
};

/** JetStream publishes, each acknowledged. What has no answer is unknown, and never sent again. */
export const jsPublish: LoadKind = {
  kind: 'js-publish',
  summary: 'JetStream publishes, each acknowledged: one at a time, a window of them, or in batches',
  facts,
  schema: jsPublishSchema,
  findProblems,
  prepare: prepareBatches,
  create,
};

function create(setting: TrafficSetting): Traffic {
  const params = setting.load.params as JsPublishParams;
  switch (params.mode) {
    case 'atomic':
      return new AtomicTraffic(setting);
    case 'fast':
      return new FastTraffic(setting);
    case 'sync':
      return new SingleTraffic({ ...setting, load: { ...setting.load, params: { ...params, window: 1 } } });
    default:
      return new SingleTraffic(setting);
  }
}
