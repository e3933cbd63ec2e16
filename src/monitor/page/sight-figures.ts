import type { MetricFamily, MetricSource } from '../../contracts/metric.js';
import { family } from '../family.js';

/** What the connection of the monitor went through. */
export interface SightFigures {
  readonly connected: boolean;
  readonly reconnects: number;
  /** Time without a connection, the present one included. */
  readonly blindSeconds: number;
}

export interface PageFigures {
  /** How long the last page took. */
  readonly lastSeconds: number;
  /** Metrics that were left out of pages, since they could not be written. */
  readonly faults: number;
}

/** What the monitor says of itself, as metrics. */
export function sightSource(sight: () => SightFigures, pages: () => PageFigures): MetricSource {
  return {
    *families(): Iterable<MetricFamily> {
      const { connected, reconnects, blindSeconds } = sight();
      yield family('cim_monitor_connected', [{ labels: {}, value: connected ? 1 : 0 }]);
      yield family('cim_monitor_reconnects_total', [{ labels: {}, value: reconnects }]);
      yield family('cim_monitor_blind_seconds_total', [{ labels: {}, value: blindSeconds }]);
      const { lastSeconds, faults } = pages();
      yield family('cim_monitor_scrape_seconds', [{ labels: {}, value: lastSeconds }]);
      yield family('cim_monitor_page_faults_total', [{ labels: {}, value: faults }]);
    },
  };
}
