import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parsePrometheusDuration } from '../../src/alerts/prometheus-duration.js';
import { ALERT_SEVERITIES } from '../../src/contracts/alert.js';
import { inhibitions, matches } from '../support/monitoring/inhibitions.js';
import {
  MONITORING,
  readYaml,
  type ShippedAlert,
  shippedAlerts,
} from '../support/monitoring/shipped-rules.js';
import { amtool, needs } from '../support/prometheus-tools.js';

const config = join(MONITORING, 'alertmanager.yml');
const alerts = shippedAlerts();
const receiversOf = (labels: readonly string[]): string =>
  execFileSync(amtool as string, ['config', 'routes', 'test', `--config.file=${config}`, ...labels], {
    encoding: 'utf8',
  }).trim();
const waitsNs = ({ for: time = '0s' }: ShippedAlert): number => parsePrometheusDuration(time) as number;
const HALF_A_MINUTE_NS = 30e9;

interface RouteTimes {
  readonly group_wait: string;
  readonly group_interval: string;
  readonly repeat_interval: string;
}

describe('alertmanager.yml', () => {
  it.skipIf(amtool === undefined)(`is as Alertmanager has it${needs(amtool, 'amtool')}`, () => {
    const said = execFileSync(amtool as string, ['check-config', config], { encoding: 'utf8' });
    expect(said).toContain('SUCCESS');
    expect(said).toContain(' 3 receivers');
  });

  it.skipIf(amtool === undefined).each(ALERT_SEVERITIES)(
    `sends what is a %s to the receiver of that name, whatever else it says${needs(amtool, 'amtool')}`,
    (severity) => {
      expect(receiversOf([`severity=${severity}`])).toBe(severity);
      expect(receiversOf([`severity=${severity}`, 'alertname=X', 'domain=page', 'area=gpu'])).toBe(severity);
    },
  );

  it('goes by severity alone, but for what a receiver that fails cannot tell itself', () => {
    const { route } = readYaml('alertmanager.yml') as { route: { routes: { matchers: string[] }[] } };
    expect(route.routes.map(({ matchers }) => matchers)).toEqual([
      ['alertname="NotificationsFailing"'],
      ...ALERT_SEVERITIES.map((severity) => [`severity="${severity}"`]),
    ]);
  });

  it.skipIf(amtool === undefined)(
    `tells of a receiver that fails another one, too${needs(amtool, 'amtool')}`,
    () => {
      expect(receiversOf(['alertname=NotificationsFailing', 'severity=page'])).toBe('ticket,page');
    },
  );

  it.skipIf(amtool === undefined)(
    `makes a ticket of an alert whose severity is none of ours${needs(amtool, 'amtool')}`,
    () => {
      expect(receiversOf(['alertname=OfSomebodyElse'])).toBe('ticket');
      expect(receiversOf(['alertname=OfSomebodyElse', 'severity=critical'])).toBe('ticket');
    },
  );

  it('tells a page in ten seconds and each hour anew, a ticket in a minute, and what is only to be seen in five', () => {
    const times = ({ group_wait, group_interval, repeat_interval }: RouteTimes) =>
      [group_wait, group_interval, repeat_interval].join(' ');
    const { route } = readYaml('alertmanager.yml') as {
      route: RouteTimes & { group_by: string[]; routes: RouteTimes[] };
    };
    expect(route.group_by).toEqual(['alertname']);
    expect(route.routes.map((each) => times({ ...route, ...each }))).toEqual([
      '10s 5m 24h',
      '10s 1m 1h',
      '1m 5m 24h',
      '5m 30m 72h',
    ]);
  });

  it('tells each receiver what has resolved, too', () => {
    const { receivers } = readYaml('alertmanager.yml') as {
      receivers: { name: string; webhook_configs: { url: string; send_resolved: boolean }[] }[];
    };
    for (const { name, webhook_configs } of receivers)
      expect(webhook_configs).toEqual([{ url: `http://127.0.0.1:9095/${name}`, send_resolved: true }]);
  });

  it('silences only alerts that there are, by alerts that there are', () => {
    for (const { source, target } of inhibitions()) {
      for (const matchers of [source, target]) {
        const name = matchers.find(({ label }) => label === 'alertname');
        for (const alert of name?.values ?? []) expect(alerts.map((each) => each.alert)).toContain(alert);
        expect(alerts.some(({ alert, labels }) => matches(matchers, { alertname: alert, ...labels }))).toBe(
          true,
        );
      }
    }
  });

  it('hears of the cause before what it silences, by two evaluations at least', () => {
    const late = inhibitions().flatMap(({ source, target, equal }) => {
      // Of one rule, or rules of one name, they come together, in one notification.
      if (equal.includes('alertname')) return [];
      const causes = alerts.filter(({ alert, labels }) => matches(source, { alertname: alert, ...labels }));
      const silenced = alerts.filter(({ alert, labels }) => matches(target, { alertname: alert, ...labels }));
      return causes.flatMap((cause) =>
        silenced
          .filter((symptom) => symptom.alert !== cause.alert)
          .filter((symptom) => !isHeldBack(symptom) && waitsNs(symptom) - waitsNs(cause) < HALF_A_MINUTE_NS)
          .map((symptom) => `${cause.alert} before ${symptom.alert}`),
      );
    });
    expect(late).toEqual([]);
  });
});

/** An alert about days, whose cause is seen in minutes. */
function isHeldBack({ alert }: ShippedAlert): boolean {
  return alert === 'SloBurnRateSlow';
}
