import { z } from 'zod';
import type { Plan } from '../../contracts/plan.js';
import type { MonitorSections } from '../plugins.js';
import { writeSize } from './exact-quantities.js';
import { unparse } from './unparse.js';

/** `monitor:` as a scenario says it. @throws RangeError when a section has something that cannot be written */
export function writeMonitor(
  { monitor, events }: Pick<Plan, 'monitor' | 'events'>,
  sections: MonitorSections,
): Record<string, unknown> {
  const { reading, maxSeries, partitions, together } = monitor;
  return {
    port: monitor.port,
    // Where there are events, it follows from theirs.
    ...(events.length === 0 && { pattern: patternOf(monitor) }),
    subject: monitor.subject,
    ...(monitor.ownEvents === false && { 'own-events': false }),
    ...(partitions !== undefined && { partitions }),
    ...(together && { together }),
    ...(maxSeries !== undefined && { 'max-series': maxSeries }),
    ...(reading && {
      format: reading.format,
      fields: Object.fromEntries(reading.declaredFields.map((name) => [name, reading.fields[name]])),
      outcomes: reading.outcomes,
      'max-event-size': writeSize(reading.maxEventBytes),
      'max-depth': reading.maxDepth,
      'max-sources': reading.maxSources,
    }),
    ...Object.fromEntries(
      Object.entries(monitor.sections ?? {}).map(([name, params]) => {
        const { written, lost } = unparse(z.strictObject({ [name]: sections[name]!.schema }), {
          [name]: params,
        });
        if (lost.length > 0) throw new RangeError(`monitor.${name} cannot be written`);
        return [name, written[name]];
      }),
    ),
  };
}

function patternOf({ subject, domainToken, typeToken }: Plan['monitor']): string {
  const given = subject.split('.');
  return Array.from({ length: Math.max(domainToken, typeToken) + 1 }, (_, i) => {
    if (i === domainToken) return '{domain}';
    if (i === typeToken) return '{type}';
    const token = given[i];
    return token === undefined || token === '>' ? '*' : token;
  }).join('.');
}
