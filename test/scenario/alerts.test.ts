import { describe, expect, it } from 'vitest';
import { NS } from '../../src/base/clock.js';
import type { KnownRules } from '../../src/contracts/alert.js';
import type { ResolveOptions } from '../../src/scenario/resolve-plan.js';
import { plan, told, VALID } from './plugins.js';

const RULES: KnownRules = {
  place: 'monitoring',
  alerts: [
    { name: 'NatsNodeDown', severities: ['page'] },
    { name: 'NatsStorageFilling', severities: ['ticket', 'page'] },
    { name: 'MadeOfTemplates', severities: [] },
    {
      name: 'SloBurnRateFast',
      severities: ['page'],
      unprovable: 'it goes by what was within the last 60m 00s',
    },
  ],
  receivers: ['page', 'ticket'],
  shortestIntervalNs: 15 * NS.s,
};

const FAULTS = `faults:
  - { at: 5s, kind: node-kill, target: one, restart-after: 5s }
  - { at: 20s, every: 10s, times: 2, kind: node-kill, target: one, restart-after: 5s }`;

const withAlerts = (alerts: string): string => `${VALID.replace(/faults:\n.*/, FAULTS)}alerts: ${alerts}\n`;
const options: Partial<ResolveOptions> = { readRules: () => RULES };
const alertsOf = (alerts: string, more = options) => plan(withAlerts(alerts), more).alerts;
const wrongWith = (alerts: string, more = options) =>
  told(withAlerts(alerts), more).map((line) => line.replace(/^\d+:\d+ /, ''));

const NODE_DOWN = 'alert: NatsNodeDown, after: node-kill, within: 30s';

describe('alerts of a scenario', () => {
  it('are a list, with what is usual', () => {
    expect(alertsOf(`[{ ${NODE_DOWN}, resolves-within: 1m }]`)).toEqual({
      factor: 30,
      only: false,
      expectations: [
        {
          alert: 'NatsNodeDown',
          labels: {},
          after: 'fault-1',
          withinNs: 30 * NS.s,
          resolvesWithinNs: 60 * NS.s,
        },
      ],
    });
  });

  it('or a list with what is said of all', () => {
    const text = `{ factor: 10, only: true, rules: own, expect: [{ ${NODE_DOWN}, severity: page, receiver: none, labels: { server: '{target}' } }] }`;
    expect(alertsOf(text, { ...options, file: '/somewhere/s.yaml' })).toMatchObject({
      factor: 10,
      only: true,
      rulesDir: '/somewhere/own',
      expectations: [{ severity: 'page', receiver: 'none', labels: { server: '{target}' } }],
    });
  });

  it.each([
    ['node-kill', 'fault-1'],
    ['"node-kill #2"', 'fault-2'],
    ['fault-3', 'fault-3'],
    ['"faults[1] #2"', 'fault-3'],
  ])(
    'come after a fault by its kind, its number of that kind, its id or what it is one of: %s',
    (after, id) => {
      const text = `[{ alert: NatsNodeDown, after: ${after}, within: 30s }]`;
      expect(alertsOf(text)?.expectations[0]?.after).toBe(id);
    },
  );

  it('have a factor that leaves Prometheus time, unless they say one', () => {
    const often = { readRules: () => ({ ...RULES, shortestIntervalNs: 2 * NS.s }) };
    expect(alertsOf(`[{ ${NODE_DOWN} }]`, often)?.factor).toBe(8);
    const rare = { readRules: () => ({ ...RULES, shortestIntervalNs: 100 * NS.ms }) };
    expect(alertsOf(`[{ ${NODE_DOWN} }]`, rare)?.factor).toBe(1);
  });

  it('are absent where none is expected', () => {
    expect(plan(VALID)).not.toHaveProperty('alerts');
  });
});

describe('what is wrong with alerts', () => {
  it.each([
    [
      'a name that the rules do not have',
      '[{ alert: NatsNodeDwn, after: node-kill, within: 30s }]',
      'alerts[0].alert: there is no alert `NatsNodeDwn` in the rules of monitoring → Did you mean `NatsNodeDown`?',
    ],
    [
      'what takes hours',
      '[{ alert: SloBurnRateFast, after: node-kill, within: 30s }]',
      'alerts[0].alert: a run of minutes cannot prove `SloBurnRateFast`: it goes by what was within the last 60m 00s → Prove it with `promtool test rules`, which makes the time that passes up.',
    ],
    [
      'a severity that it never has',
      `[{ ${NODE_DOWN}, severity: info }]`,
      'alerts[0].severity: `NatsNodeDown` has the severity page in the rules, and never info',
    ],
    [
      'a receiver that is not there',
      `[{ ${NODE_DOWN}, receiver: pge }]`,
      'alerts[0].receiver: there is no receiver `pge` → Did you mean `page`?',
    ],
    [
      'a fault that is not there',
      '[{ alert: NatsNodeDown, after: node-kil, within: 30s }]',
      'alerts[0].after: there is no fault `node-kil` → Did you mean `node-kill`?',
    ],
    [
      'one too many of a kind',
      '[{ alert: NatsNodeDown, after: "node-kill #4", within: 30s }]',
      'alerts[0].after: there is no node-kill #4: there are 3',
    ],
    [
      'a time without its unit',
      '[{ alert: NatsNodeDown, after: node-kill, within: 30 }]',
      'alerts[0].within: expected a duration with its unit, such as 30s, 250ms or 1m30s, but it is `30`',
    ],
    [
      'an unknown key',
      `[{ ${NODE_DOWN}, resolves_within: 1m }]`,
      'alerts[0].resolves_within: unknown key `resolves_within` → Did you mean `resolves-within`?',
    ],
    [
      'a factor that would have Prometheus look all the time',
      `{ factor: 100, expect: [{ ${NODE_DOWN} }] }`,
      'alerts.factor: with a factor of 100, Prometheus would look every 150 ms → At most 60 with these rules: it would not keep up.',
    ],
    [
      'nothing to expect',
      '{ expect: [] }',
      'alerts.expect: expected at least one alert, but it is an empty list',
    ],
  ])('%s', (_, alerts, message) => {
    expect(wrongWith(alerts)).toEqual([message]);
  });

  it('is told of every alert at once, and of rules that cannot be read', () => {
    const both = '[{ alert: A, after: node-kill, within: 1s }, { alert: B, after: fault-9, within: 1s }]';
    expect(wrongWith(both)).toHaveLength(3);
    const readRules = () => {
      throw new Error('/own is not there');
    };
    expect(wrongWith(`{ rules: own, expect: [{ ${NODE_DOWN} }] }`, { readRules })).toEqual([
      'alerts.rules: /own is not there',
    ]);
  });

  it('is not what is wrong with the faults', () => {
    const broken = withAlerts(`[{ ${NODE_DOWN} }]`).replaceAll('kind: node-kill', 'kind: node-kil');
    expect(told(broken, options).every((line) => line.includes('faults['))).toBe(true);
  });
});
