import type { LoadKindFacts, LoadProblem } from '../../contracts/load.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';
import type { LoadKind } from '../load-kind.js';
import { type ServiceParams, serviceSchema } from './service-schema.js';
import { ServiceTraffic } from './service-traffic.js';

const facts: LoadKindFacts = {
  acknowledged: false,
  history: [],
  events: true,
  monitored: false,
  needsStream: false,
  schedules: ['follow'],
  measures: ['lag', 'service_time'],
};

/** Answers requests, as well or as badly as it is told. */
export const service: LoadKind = {
  kind: 'service',
  summary: 'answers requests: with a delay, with errors, or not at all, where that is wanted',
  facts,
  schema: serviceSchema,
  findProblems,
  create: (setting) => new ServiceTraffic(setting),
};

function findProblems({ params }: LoadPlan): LoadProblem[] {
  const { errors, silent } = params as ServiceParams;
  if (errors + silent <= 1) return [];
  return [
    {
      key: 'silent',
      message: 'with `errors` it makes more than 100% of the requests',
      hint: 'Lower one of the two.',
    },
  ];
}
