import { NS } from '../../base/clock.js';
import { formatDuration } from '../../base/units.js';
import type { LoadKindFacts, LoadProblem } from '../../contracts/load.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';
import type { LoadKind } from '../load-kind.js';
import { type HttpParams, httpSchema } from './http-schema.js';
import { MONITOR, readTarget } from './http-target.js';
import { HttpTraffic } from './http-traffic.js';

const facts: LoadKindFacts = {
  acknowledged: true,
  history: [],
  events: false,
  messages: false,
  needsStream: false,
  schedules: ['open', 'closed'],
};

const paramsOf = ({ params }: LoadPlan): HttpParams => params as HttpParams;

/** Requests to an HTTP endpoint, made by autocannon. */
export const http: LoadKind = {
  kind: 'http',
  summary: "requests to an HTTP endpoint, such as the monitor's metrics or a gateway, made by autocannon",
  facts,
  schema: httpSchema,
  findProblems: (load) => [...consentProblems(load), ...scheduleProblems(load)],
  foreignAddress: (load) => {
    const target = targetOf(load);
    return target === undefined || target.isLocal ? undefined : target.address;
  },
  create: (setting) => new HttpTraffic(setting),
};

function targetOf(load: LoadPlan) {
  const { url } = paramsOf(load);
  const target = url === MONITOR ? undefined : readTarget(url);
  return target === undefined || 'problem' in target ? undefined : target;
}

function consentProblems(load: LoadPlan): LoadProblem[] {
  const target = targetOf(load);
  if (target === undefined || target.isLocal || paramsOf(load).allow.includes(target.address)) return [];
  return [
    {
      key: 'url',
      message: `${target.address} is not in \`allow\`: what stormglass did not start is loaded only where that says so`,
      hint: `Write \`allow: ["${target.address}"]\`, and give --allow ${target.address}.`,
    },
  ];
}

/** autocannon knows one rate: so many requests in each second. */
function scheduleProblems({ schedule, workers }: LoadPlan): LoadProblem[] {
  if (schedule.mode !== 'open') return [];
  const { stages, arrival, unit } = schedule;
  const [stage] = stages;
  if (stages.length !== 1 || stage === undefined || stage.fromPerSec !== stage.toPerSec) {
    return [
      {
        key: 'stages',
        message: 'an http load has one rate, which does not change',
        hint: 'Make it several loads, with `at`.',
      },
    ];
  }
  if (arrival.kind !== 'constant') {
    return [
      {
        key: 'arrival',
        message: 'an http load sends so many requests in each second, and cannot spread them otherwise',
      },
    ];
  }
  const { toPerSec } = stage;
  if (unit === 'bytes')
    return [{ key: 'rate', message: 'an http load has a rate in requests, not in bytes' }];
  if (Number.isInteger(toPerSec / workers) && Number.isInteger(stage.durationNs / NS.s)) return [];
  return [
    {
      key: 'rate',
      message:
        'an http load sends a whole number of requests a second with each worker, for whole seconds, and ' +
        `this asks for ${toPerSec / workers} a second of each, for ${formatDuration(stage.durationNs)}`,
      hint: 'Choose a rate that `workers` divides, and a `for` (or a `count`) of whole seconds.',
    },
  ];
}
