import { HeatmapCellLayout } from '@grafana/grafana-foundation-sdk/common';
import { HeatmapColorMode, HeatmapColorScale, PanelBuilder } from '@grafana/grafana-foundation-sdk/heatmap';
import { type PanelFace, withFace } from './panel-face.js';

/** How the observations of a histogram spread, over time: brighter is more. `unit` is that of what was observed. */
export function heatMap(face: PanelFace): PanelBuilder {
  return withFace(new PanelBuilder(), face)
    .calculate(false)
    .rowsFrame({ build: () => ({ layout: HeatmapCellLayout.Auto }) })
    .color({
      build: () => ({
        mode: HeatmapColorMode.Scheme,
        scheme: 'Turbo',
        fill: 'dark-orange',
        scale: HeatmapColorScale.Exponential,
        exponent: 0.5,
        steps: 64,
        reverse: false,
      }),
    })
    .yAxis({ build: () => ({ unit: face.unit }) })
    .cellGap(1);
}
