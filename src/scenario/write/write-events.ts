import type { EventKind, PayloadPlan } from '../../contracts/plan/events.js';
import type { MonitorPlan } from '../../contracts/plan/monitor.js';
import type { SizePlan } from '../../contracts/plan/size.js';
import { writeSize } from './exact-quantities.js';
import type { WritePlace } from './write-fault.js';

/** What a scenario says of events that came to be these: the subject of all of them, and the mix. */
export function writeEvents(
  events: readonly EventKind[],
  { domainToken, typeToken }: Pick<MonitorPlan, 'domainToken' | 'typeToken'>,
  place: WritePlace,
): Record<string, unknown> {
  const groups = new Map<string, EventKind[]>();
  for (const event of events) {
    const { domain, size, payload } = event;
    const sized = payload?.kind === 'template' ? undefined : size;
    const key = JSON.stringify([domain, sized, payload]);
    groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  return {
    subject: patternOf(events, domainToken, typeToken),
    mix: [...groups.values()].map((group) => {
      const { domain, size, payload } = group[0] as EventKind;
      return {
        domain,
        weight: rounded(sum(group)),
        types: typesOf(group),
        ...((payload === undefined || payload.kind === 'compressible') && { size: sizeText(size) }),
        ...(payload !== undefined && { payload: payloadText(payload, place) }),
      };
    }),
  };
}

function typesOf(group: readonly EventKind[]): Record<string, number> {
  const all = sum(group);
  const types = [...new Set(group.map(({ type }) => type))];
  return Object.fromEntries(
    types.map((type) => [type, rounded((100 * sum(group.filter((event) => event.type === type))) / all)]),
  );
}

const sum = (group: readonly EventKind[]): number => group.reduce((total, { weight }) => total + weight, 0);
const rounded = (value: number): number => Number(value.toPrecision(12));

/** Of the subjects of one type, what differs are numbers. */
function patternOf(events: readonly EventKind[], domainToken: number, typeToken: number): string {
  const first = events[0] as EventKind;
  const alike = events.filter(({ domain, type }) => domain === first.domain && type === first.type);
  return first.subject
    .split('.')
    .map((token, i) => {
      if (i === domainToken) return '{domain}';
      if (i === typeToken) return '{type}';
      const values = new Set(alike.map(({ subject }) => subject.split('.')[i]));
      return values.size === 1 ? token : `{n${i}:${values.size}}`;
    })
    .join('.');
}

function sizeText({ minBytes, maxBytes, spread }: SizePlan): unknown {
  const [min, max] = [writeSize(minBytes), writeSize(maxBytes)];
  switch (spread?.kind) {
    case undefined:
      return minBytes === maxBytes ? min : `${min}..${max}`;
    case 'normal':
      return { normal: { mean: writeSize(spread.meanBytes), sd: writeSize(spread.sdBytes) }, min, max };
    case 'lognormal': {
      const { medianBytes, sigma } = spread;
      // As the schema has it, the other way round.
      const p99 = Math.round(medianBytes * Math.exp(sigma * 2.3263478740408408));
      return { lognormal: { median: writeSize(medianBytes), p99: writeSize(p99) }, min, max };
    }
    case 'choice':
      return {
        choice: Object.fromEntries(spread.choices.map((each) => [writeSize(each.bytes), each.weight])),
      };
    case 'percentiles':
      return {
        percentiles: Object.fromEntries(
          spread.points.map(({ percentile, bytes }) => [`p${percentile}`, writeSize(bytes)]),
        ),
      };
  }
}

function payloadText(payload: PayloadPlan, { relative }: WritePlace): unknown {
  if (payload.kind === 'compressible') return { compressible: payload.ratio };
  if (payload.kind === 'template') return { template: payload.text };
  const { path, format, column, type, time, repeat } = payload.file;
  return {
    file: relative(path),
    format,
    ...(column !== undefined && { column }),
    ...(type !== undefined && { type }),
    ...(time !== undefined && { time }),
    ...(repeat && { repeat }),
  };
}
