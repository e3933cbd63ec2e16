import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { colorOf, type PanelFace, withFace } from './panel-face.js';

export interface StatFace extends PanelFace {
  /** With a small line of how it came to be; needs queries over time. */
  readonly line?: boolean;
  /** For states: the whole tile takes the colour. */
  readonly loud?: boolean;
  /** What stands in the tile: the figure, its name, or both. */
  readonly text?: BigValueTextMode;
}

/** One figure, large. */
export function stat(face: StatFace): PanelBuilder {
  return withFace(new PanelBuilder(), { height: 4, ...face })
    .colorScheme(colorOf(FieldColorModeId.Thresholds))
    .colorMode(face.loud ? BigValueColorMode.Background : BigValueColorMode.Value)
    .graphMode(face.line ? BigValueGraphMode.Area : BigValueGraphMode.None)
    .textMode(face.text ?? BigValueTextMode.Auto)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false).fields(''));
}
