import { describe, expect, it } from 'vitest';
import { DEFAULT_EVENT_READING } from '../../src/contracts/event-reading.js';
import { readPattern } from '../../src/scenario/monitored-subject.js';
import { parseMonitorConfig } from '../../src/scenario/resolve-monitor.js';

const config = (text: string) => parseMonitorConfig(text, 'monitor.yaml', {});
const complaint = (text: string): string => {
  try {
    config(text);
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing';
};

describe('readPattern', () => {
  it('says what to subscribe to, so that deeper subjects are seen too', () => {
    const subjectOf = (pattern: string) => {
      const read = readPattern(pattern);
      return 'problem' in read ? read.problem : [read.subject, read.domainToken, read.typeToken];
    };
    expect(subjectOf('cim.events.{domain}.{type}')).toEqual(['cim.events.>', 2, 3]);
    expect(subjectOf('cim.events.{domain}.{type}.>')).toEqual(['cim.events.>', 2, 3]);
    expect(subjectOf('cim.events.{domain}.*.{type}')).toEqual(['cim.events.>', 2, 4]);
    expect(subjectOf('site.{site}.{domain}.events.{type}')).toEqual(['site.*.*.events.>', 2, 4]);
    expect(subjectOf('{type}.of.{domain}.v1')).toEqual(['*.of.*.v1', 2, 0]);
    expect(subjectOf('cim.events.{domain}')).toMatch(/expected \{type\}/);
    expect(subjectOf('cim.{domain}.{type}.{type}')).toMatch(/stands there 2 times/);
    expect(subjectOf('cim..{domain}.{type}')).toMatch(/empty token/);
    expect(subjectOf('cim.{domain}.x{type}.{type}')).toMatch(/is no token/);
    expect(subjectOf('cim.>.{domain}.{type}')).toMatch(/only at the end/);
  });
});

describe('a configuration of the monitor', () => {
  it('lets a word say one outcome, and a domain go with one list of others', () => {
    expect(config('outcomes: { later: [Done] }').reading).toMatchObject({
      outcomes: { later: ['Done'], success: expect.not.arrayContaining(['done']) },
    });
    expect(complaint('outcomes: { success: [ok], failure: [failed, OK] }')).toMatch(
      /1:46: outcomes\.failure\[1\]: a word belongs to one of these lists, but `OK` stands in another, too/,
    );
    expect(complaint('together: [[orders, billing], [billing, shipping]]')).toMatch(
      /together\[1\]\[0\]: a domain belongs to one of these lists, but `billing` stands in another, too/,
    );
    expect(complaint('together: [[orders, billing], [shipping, parcels]]')).toBe('nothing');
  });

  it('changes what it names and leaves the rest', () => {
    expect(config('{}')).toEqual({
      ...{ port: 9091, subject: 'cim.events.>', domainToken: 2, typeToken: 3, ownEvents: true },
    });
    const plan = config(`
pattern: site.{domain}.{type}
max-series: 2k
fields: { time: meta.when, agent: [who, agent.id] }
outcomes: { returned: [sent-back] }
max-event-size: 64KiB
`);
    expect(plan).toMatchObject({ subject: 'site.>', domainToken: 1, typeToken: 2, maxSeries: 2000 });
    expect(plan.reading).toEqual({
      ...DEFAULT_EVENT_READING,
      fields: { ...DEFAULT_EVENT_READING.fields, time: ['meta.when'], agent: ['who', 'agent.id'] },
      declaredFields: ['time', 'agent'],
      outcomes: { ...DEFAULT_EVENT_READING.outcomes, returned: ['sent-back'] },
      maxEventBytes: 65_536,
    });
  });

  it('is refused with the place and the word that was meant', () => {
    expect(complaint('patern: a.{domain}.{type}')).toMatch(
      /^monitor\.yaml:1:1: patern: unknown key[\s\S]*pattern/,
    );
    expect(complaint('port: 9091\nfields:\n  time: [a..b]\n')).toMatch(/^monitor\.yaml:3:10: fields\.time/);
    expect(complaint('pattern: cim.events.>')).toMatch(/^monitor\.yaml:1:10: pattern: expected \{domain\}/);
    expect(complaint('max-series: 1')).toMatch(/2 to 1M/);
    expect(complaint('fields: { source: producer }')).toMatch(
      /fields\.source: a source is of no use without/,
    );
    expect(complaint('max-sources: 1M')).toMatch(/at most 100k/);
    expect(config('{ fields: { sequence: seq, source: producer }, max-sources: 5 }').reading).toMatchObject({
      fields: { sequence: ['seq'], source: ['producer'] },
      maxSources: 5,
    });
    expect(complaint('')).toMatch(/nothing in this file[\s\S]*pattern: cim\.events/);
    expect(complaint('[1]')).toMatch(/expected a configuration of the monitor/);
  });
});
