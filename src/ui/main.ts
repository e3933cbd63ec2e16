import type { ReportPage } from '../contracts/report-page.js';
import { alertsSection } from './alerts.js';
import { checksSection } from './checks.js';
import { environmentSection } from './environment.js';
import { faultsSection } from './faults.js';
import { pageHeader } from './header.js';
import { loadFigures } from './load-figures.js';
import { overTime } from './over-time.js';
import { latencyByPercentile } from './percentile-chart.js';
import { probesSection } from './probes.js';
import { resourcesSection } from './resources.js';
import { thresholdsSection } from './thresholds.js';
import { tracesSection } from './traces.js';
import { verdictBlock } from './verdict.js';

const data = document.getElementById('stormglass-data')?.textContent ?? 'null';
const page = JSON.parse(data) as ReportPage;
const { summary } = page;

document.title = `${summary.name}: ${summary.verdict.headline}`;
const parts = [
  pageHeader(summary),
  verdictBlock(summary),
  loadFigures(summary),
  overTime(page),
  latencyByPercentile(page),
  resourcesSection(page),
  faultsSection(summary),
  alertsSection(summary),
  probesSection(summary),
  checksSection(summary),
  thresholdsSection(summary),
  tracesSection(summary),
  environmentSection(page),
];
document.getElementById('report')?.append(...parts.filter((part) => part !== undefined));
