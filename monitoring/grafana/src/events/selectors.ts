import { rateOf } from '../parts/event-panels.js';
import { labelOfSeries, toDashboard } from '../parts/links.js';

export const CHOSEN = '{domain=~"$domain"}';

export const rate = (metric: string): string => rateOf(metric, CHOSEN);

export const domainOfSeries = [
  toDashboard('Open this domain', 'cim-domain', 'domain', labelOfSeries('domain')),
];
