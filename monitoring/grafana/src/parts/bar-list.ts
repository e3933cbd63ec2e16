import { PanelBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  BarGaugeDisplayMode,
  BarGaugeValueMode,
  ReduceDataOptionsBuilder,
  VizOrientation,
} from '@grafana/grafana-foundation-sdk/common';
import { FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { colorOf, type PanelFace, withFace } from './panel-face.js';

/** A bar for each of a few things that are compared now. */
export function barList(face: PanelFace): PanelBuilder {
  return withFace(new PanelBuilder(), { min: 0, ...face })
    .colorScheme(
      colorOf(face.thresholds === undefined ? FieldColorModeId.ContinuousBlues : FieldColorModeId.Thresholds),
    )
    .displayMode(BarGaugeDisplayMode.Gradient)
    .valueMode(BarGaugeValueMode.Color)
    .orientation(VizOrientation.Horizontal)
    .showUnfilled(true)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false).fields(''));
}
