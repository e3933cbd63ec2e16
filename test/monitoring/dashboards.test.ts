import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { dashboards, dashboardText } from '../../monitoring/grafana/src/dashboards.js';
import { requireSystemTools } from '../../src/processes/tools/system-tool.js';
import type { DashboardJson, PanelJson } from '../support/grafana/dashboard-json.js';
import { prometheusQueries } from '../support/grafana/dashboard-queries.js';
import { initialVariables } from '../support/grafana/initial-variables.js';
import { interpolate } from '../support/grafana/interpolate.js';
import { catalogMetrics, exporterLabels, recordedNames } from '../support/grafana/known-metrics.js';
import { labelsGroupedBy, metricsUsed } from '../support/grafana/promql-names.js';
import { labelValuesOf } from '../support/grafana/variable-query.js';

const monitoring = fileURLToPath(new URL('../../monitoring', import.meta.url));
const folder = join(monitoring, 'grafana', 'dashboards');
const all = readdirSync(folder).map((name) => readDashboard(name));
const panelsOf = ({ panels }: DashboardJson): PanelJson[] => panels.filter(({ type }) => type !== 'row');
const HALF_AN_HOUR = { fromSeconds: 0, toSeconds: 1800, scrapeSeconds: 15, maxPoints: 600 };
/** What Prometheus adds to every series, and what it says of alerts. */
const ADDED_LABELS = ['instance', 'job', 'le', '__name__'];
const ALERT_LABELS = ['alertname', 'alertstate', 'severity', 'slo'];
/** Labels of what the rules of SLOs record: those that monitoring/slos.yaml tells promises apart by. */
const RECORDED_LABELS = ['slo', 'domain', 'workflow', 'load'];

const place = mkdtempSync(join(tmpdir(), 'stormglass-dashboards-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

describe('the dashboards', () => {
  it('are the JSON that `npm run dashboards` writes', () => {
    const written = dashboards().map((dashboard): [string, string] => [
      `${dashboard.uid}.json`,
      dashboardText(dashboard),
    ]);
    expect(readdirSync(folder).sort()).toEqual(written.map(([name]) => name).sort());
    for (const [name, text] of written) {
      // Without the difference of thousands of lines when one is old.
      const isCurrent = readFileSync(join(folder, name), 'utf8') === text;
      expect(isCurrent, `${name} is not current: run \`npm run dashboards\``).toBe(true);
    }
  });

  it('are those that an operator is promised, each with an address of its own', () => {
    const names = ['agents', 'domain', 'events', 'gpu', 'nats', 'slo', 'stormglass', 'traces'];
    const uids = all.map(({ uid }) => uid);
    expect(uids).toEqual(expect.arrayContaining(names.map((name) => `cim-${name}`)));
    expect(new Set(uids).size).toBe(uids.length);
    expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
  });

  it('hold only expressions that Prometheus can parse', async () => {
    const { promtool } = await requireSystemTools({ promtool: { path: process.env.PATH ?? '' } });
    const exprs = all.flatMap((dashboard) =>
      prometheusQueries(dashboard).map(({ expr }) =>
        interpolate(expr, initialVariables(dashboard), HALF_AN_HOUR),
      ),
    );
    expect(exprs.length).toBeGreaterThan(150);
    const file = join(place, 'queries.yaml');
    const rules = exprs.map((expr, index) => ({ record: `query:${index}`, expr }));
    writeFileSync(file, stringify({ groups: [{ name: 'queries', rules }] }));
    const said = execFileSync(promtool.path, ['check', 'rules', file], { encoding: 'utf8' });
    expect(said).toContain(`${exprs.length} rules found`);
  });

  it('ask only for metrics that there are, by labels that they have', () => {
    const catalog = catalogMetrics();
    const recorded = recordedNames(join(monitoring, 'rules'));
    const labelsOf = (metric: string): readonly string[] | undefined => {
      if (metric === 'ALERTS') return ALERT_LABELS;
      if (recorded.has(metric)) return RECORDED_LABELS;
      return catalog.get(metric) ?? exporterLabels(metric);
    };
    const wrong: string[] = [];
    for (const { where, expr } of allExpressions()) {
      const uses = metricsUsed(expr);
      const there = new Set(ADDED_LABELS);
      for (const { metric, labels } of uses) {
        const has = labelsOf(metric);
        if (has === undefined) wrong.push(`${where}: no metric ${metric}`);
        for (const label of has ?? []) there.add(label);
        for (const label of labels) {
          if (![...(has ?? [label]), ...ADDED_LABELS].includes(label))
            wrong.push(`${where}: no ${label} in ${metric}`);
        }
      }
      for (const label of labelsGroupedBy(expr))
        if (!there.has(label)) wrong.push(`${where}: no label ${label}`);
    }
    expect(wrong).toEqual([]);
  });

  it('have data sources that are provisioned, read as often as Prometheus scrapes', () => {
    const { datasources } = readYaml('grafana/provisioning/datasources/datasources.yaml') as {
      datasources: {
        uid: string;
        type: string;
        jsonData: { timeInterval?: string; exemplarTraceIdDestinations?: unknown[] };
      }[];
    };
    const { global } = readYaml('prometheus.yml') as { global: { scrape_interval: string } };
    for (const dashboard of all) {
      for (const { name, type, current } of dashboard.templating.list) {
        if (type !== 'datasource') continue;
        expect(
          datasources.map(({ uid }) => uid),
          `${dashboard.uid}: ${name}`,
        ).toContain(current?.value);
      }
    }
    const prometheus = datasources.find(({ type }) => type === 'prometheus');
    expect(prometheus?.jsonData.timeInterval).toBe(global.scrape_interval);
    expect(prometheus?.jsonData.exemplarTraceIdDestinations).toEqual([
      { name: 'trace_id', datasourceUid: 'jaeger', urlDisplayLabel: expect.any(String) },
    ]);
  });
});

describe.each(all)('$uid', (dashboard) => {
  it('says of itself, and of each panel, what it shows', () => {
    expect(dashboard.description.length).toBeGreaterThan(20);
    for (const panel of panelsOf(dashboard)) {
      expect(panel.title, `panel ${panel.id}`).toMatch(/\S/);
      expect(panel.description, panel.title).toMatch(/^[A-Z].+\.$/);
      expect(panel.fieldConfig?.defaults.unit, panel.title).toMatch(/\S/);
      expect(panel.fieldConfig?.defaults.thresholds?.steps[0]?.value, panel.title).toBeNull();
      expect(panel.targets?.length, panel.title).toBeGreaterThan(0);
    }
    const titles = panelsOf(dashboard).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('has panels side by side, numbered, none over another', () => {
    const taken = new Map<string, string>();
    for (const { title, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.get(`${x} ${y}`), `${title} covers`).toBeUndefined();
          taken.set(`${x} ${y}`, title);
        }
      }
    }
    expect(dashboard.panels.map(({ id }) => id)).toEqual(dashboard.panels.map((_, index) => index + 1));
  });

  it('leaves no line of its grid half empty', () => {
    for (const y of new Set(panelsOf(dashboard).map(({ gridPos }) => gridPos.y))) {
      const panels = panelsOf(dashboard).filter(({ gridPos }) => gridPos.y === y);
      const columns = panels.reduce((sum, { gridPos }) => sum + gridPos.w, 0);
      expect(columns, `line ${y}: ${panels.map(({ title }) => title)}`).toBe(24);
      expect(new Set(panels.map(({ gridPos }) => gridPos.h)).size, `line ${y}`).toBe(1);
    }
  });

  it('names the queries of a panel apart, each at a data source', () => {
    for (const { title, targets = [] } of panelsOf(dashboard)) {
      expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
      for (const target of targets) {
        expect(['prometheus', 'jaeger'], title).toContain(target.datasource?.type);
        expect(target.datasource?.uid, title).toBe(`$\{${target.datasource?.type}}`);
        if (target.datasource?.type === 'prometheus') expect(target.expr, title).toMatch(/\S/);
      }
    }
  });

  it('lets several be chosen, or all, of everything it can be about', () => {
    for (const variable of dashboard.templating.list.filter(({ type }) => type === 'query')) {
      expect(variable.description, variable.name).toMatch(/\.$/);
      const isAboutOne = dashboard.uid === 'cim-domain' && variable.name === 'domain';
      expect([variable.multi, variable.includeAll], variable.name).toEqual([!isAboutOne, !isAboutOne]);
      expect(() => labelValuesOf(variable)).not.toThrow();
    }
  });

  it('shows in its tables columns that its queries have', () => {
    for (const panel of panelsOf(dashboard).filter(({ type }) => type === 'table')) {
      const shown = panel.transformations?.find(({ id }) => id === 'filterFieldsByName');
      if (shown === undefined) continue;
      const { names } = (shown.options as { include: { names: string[] } }).include;
      const targets = panel.targets ?? [];
      const labels = targets.flatMap(({ expr = '' }) => [...labelsGroupedBy(expr), ...RECORDED_LABELS]);
      const values = targets.length === 1 ? ['Value'] : targets.map(({ refId }) => `Value #${refId}`);
      for (const name of names) expect([...labels, ...values], panel.title).toContain(name);
      for (const value of values) expect(names, panel.title).toContain(value);
    }
  });

  it('leads only to dashboards that there are, with variables that these have', () => {
    const links = [...JSON.stringify(dashboard).matchAll(/\/d\/([\w-]+)\?[^"]*?var-(\w+)=/g)];
    for (const [, uid, variable] of links) {
      const target = all.find((candidate) => candidate.uid === uid);
      expect(
        target?.templating.list.map(({ name }) => name),
        uid,
      ).toContain(variable);
    }
  });
});

function allExpressions(): { where: string; expr: string }[] {
  return all.flatMap((dashboard) => {
    const variables = initialVariables(dashboard);
    const ofVariables = dashboard.templating.list
      .filter(({ type }) => type === 'query')
      .map((variable) => ({
        where: `${dashboard.uid}: $${variable.name}`,
        expr: `count by (${labelValuesOf(variable).label}) (${labelValuesOf(variable).series})`,
      }));
    return [...prometheusQueries(dashboard), ...ofVariables].map(({ where, expr }) => ({
      where,
      expr: interpolate(expr, variables, HALF_AN_HOUR),
    }));
  });
}

function readDashboard(name: string): DashboardJson {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as DashboardJson;
}

function readYaml(path: string): unknown {
  return parse(readFileSync(join(monitoring, path), 'utf8'));
}
