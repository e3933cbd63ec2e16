import {
  GraphGradientMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ScaleDistribution,
  ScaleDistributionConfigBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { colorOf, type PanelFace, withFace } from './panel-face.js';

export interface TimeSeriesFace extends PanelFace {
  /** Where the parts make a whole. */
  readonly stacked?: boolean;
  /** For what falls below zero, too; all else begins there. */
  readonly signed?: boolean;
  /** For what spreads over orders of magnitude: lag, latency. */
  readonly logarithmic?: boolean;
  /** `list` where there are few lines, or little room. */
  readonly legend?: 'table' | 'list';
  /** Colours of lines that mean something, by name. */
  readonly colors?: Readonly<Record<string, string>>;
  /** Lines that are limits: dashed. */
  readonly limits?: readonly string[];
}

/** Lines over time; where there are thresholds, they are drawn as dashed lines. */
export function timeSeries(face: TimeSeriesFace): PanelBuilder {
  const panel = withFace(new PanelBuilder(), face.signed ? face : { min: 0, ...face })
    .colorScheme(colorOf(FieldColorModeId.PaletteClassicByName))
    .lineWidth(face.stacked ? 1 : 1.5)
    .fillOpacity(face.stacked ? 35 : 8)
    .gradientMode(GraphGradientMode.Opacity)
    .showPoints(VisibilityMode.Never)
    .legend(legendOf(face.legend ?? 'table'))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (face.stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  if (face.logarithmic) {
    panel.scaleDistribution(new ScaleDistributionConfigBuilder().type(ScaleDistribution.Log).log(10));
  }
  if (face.thresholds !== undefined) {
    panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  for (const [name, color] of Object.entries(face.colors ?? {})) {
    panel.overrideByName(name, [{ id: 'color', value: { mode: FieldColorModeId.Fixed, fixedColor: color } }]);
  }
  for (const name of face.limits ?? []) {
    panel.overrideByName(name, [
      { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
      { id: 'custom.fillOpacity', value: 0 },
      { id: 'color', value: { mode: FieldColorModeId.Fixed, fixedColor: 'text' } },
    ]);
  }
  return panel;
}

function legendOf(kind: 'table' | 'list'): VizLegendOptionsBuilder {
  const legend = new VizLegendOptionsBuilder().showLegend(true).placement(LegendPlacement.Bottom);
  if (kind === 'list') return legend.displayMode(LegendDisplayMode.List).calcs([]);
  return legend
    .displayMode(LegendDisplayMode.Table)
    .calcs(['lastNotNull', 'mean', 'max'])
    .sortBy('Last *')
    .sortDesc(true);
}
