import { expect, it } from 'vitest';
import { divideRouting, groupTimesOf, receiverNames } from '../../src/alerts/routing.js';

const S = 1e9;
const CONFIG = {
  global: { resolve_timeout: '5m', smtp_smarthost: 'mail:25' },
  templates: ['*.tmpl'],
  route: {
    receiver: 'ticket',
    group_by: ['alertname'],
    group_wait: '1m',
    routes: [
      {
        matchers: ['severity="page"'],
        receiver: 'page',
        group_wait: '10s',
        group_interval: '1m',
        continue: true,
      },
      { matchers: ['alertname=~"Node.*"', 'severity!="info"'], receiver: 'nodes', group_interval: '10m' },
      { match: { severity: 'info' }, receiver: 'info', group_wait: '3m' },
    ],
  },
  receivers: [
    { name: 'page', pagerduty_configs: [{ service_key: 'secret' }] },
    { name: 'ticket', email_configs: [{ to: 'a@example.org' }] },
    { name: 'nodes' },
    { name: 'info' },
  ],
  inhibit_rules: [{ source_matchers: ['alertname="NodeDown"'], target_matchers: ['severity="ticket"'] }],
};

it('keeps routes, groups and inhibitions, divides their times, and lets a webhook take what each receiver gets', () => {
  expect(divideRouting(CONFIG, 30, (receiver) => `http://127.0.0.1:1/${receiver}`)).toEqual({
    global: { resolve_timeout: '10s' },
    route: {
      ...CONFIG.route,
      group_wait: '2s',
      // What Alertmanager would do unless told is divided, too.
      group_interval: '10s',
      repeat_interval: '8m',
      routes: [
        { ...CONFIG.route.routes[0], group_wait: '333ms', group_interval: '2s' },
        { ...CONFIG.route.routes[1], group_interval: '20s' },
        { ...CONFIG.route.routes[2], group_wait: '6s' },
      ],
    },
    receivers: ['page', 'ticket', 'nodes', 'info'].map((name) => ({
      name,
      webhook_configs: [{ url: `http://127.0.0.1:1/${name}`, send_resolved: true }],
    })),
    inhibit_rules: CONFIG.inhibit_rules,
  });
  expect(receiverNames(CONFIG)).toEqual(['page', 'ticket', 'nodes', 'info']);
});

it.each([
  ['of the route that it takes', { severity: 'page' }, 10, 60],
  ['the longest, where a route goes on', { severity: 'page', alertname: 'NodeDown' }, 60, 600],
  ['of the parent, where no route takes it', { severity: 'ticket' }, 60, 300],
  ['of a route by equal labels', { severity: 'info', alertname: 'NodeUp' }, 180, 300],
])('knows how long an alert waits in its groups: %s', (_, labels, waitS, intervalS) => {
  expect(groupTimesOf(CONFIG, labels)).toEqual({ groupWaitNs: waitS * S, groupIntervalNs: intervalS * S });
});
