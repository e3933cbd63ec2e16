import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  type DashboardLink,
  type DataSourceRef,
  FieldColorBuilder,
  type FieldColorModeId,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PROMETHEUS } from './data-sources.js';
import { withRefIds } from './ref-ids.js';
import { WHY_EMPTY, type WhyEmpty } from './why-empty.js';

/** What every panel says of itself. */
export interface PanelFace {
  readonly title: string;
  /** What is shown, and what to do when it looks bad. */
  readonly description: string;
  /** Of Grafana: `eps`, `s`, `percentunit`, `bytes`, `none`. */
  readonly unit: string;
  readonly queries: readonly Builder<Dataquery>[];
  /** Of the 24 columns. */
  readonly span: number;
  readonly height?: number;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  /** From which value on which colour; the first has none: it is what everything begins with. */
  readonly thresholds?: readonly Threshold[];
  readonly mappings?: readonly ValueMapping[];
  readonly links?: readonly Builder<DashboardLink>[];
  /** Shown instead of "No data", where nothing is good news. */
  readonly noValue?: string;
  readonly empty?: WhyEmpty;
  readonly dataSource?: DataSourceRef;
}

/** What the builders of all kinds of panels have in common. */
interface FacedBuilder {
  title(title: string): this;
  description(description: string): this;
  datasource(datasource: DataSourceRef): this;
  targets(targets: Builder<Dataquery>[]): this;
  unit(unit: string): this;
  decimals(decimals: number): this;
  min(min: number): this;
  max(max: number): this;
  mappings(mappings: ValueMapping[]): this;
  thresholds(thresholds: Builder<{ mode: ThresholdsMode; steps: Threshold[] }>): this;
  dataLinks(links: Builder<DashboardLink>[]): this;
  noValue(noValue: string): this;
  span(columns: number): this;
  height(rows: number): this;
}

/** Puts the face on a panel; a panel is 8 rows high unless it says otherwise. */
export function withFace<B extends FacedBuilder>(builder: B, face: PanelFace): B {
  const { description, empty } = face;
  builder
    .title(face.title)
    .description(empty === undefined ? description : `${description} ${WHY_EMPTY[empty]}`)
    .datasource(face.dataSource ?? PROMETHEUS)
    .targets(withRefIds(face.queries))
    .unit(face.unit)
    .span(face.span)
    .height(face.height ?? 8);
  if (face.decimals !== undefined) builder.decimals(face.decimals);
  if (face.min !== undefined) builder.min(face.min);
  if (face.max !== undefined) builder.max(face.max);
  if (face.mappings !== undefined) builder.mappings([...face.mappings]);
  if (face.links !== undefined) builder.dataLinks([...face.links]);
  if (face.noValue !== undefined) builder.noValue(face.noValue);
  builder.thresholds(
    new ThresholdsConfigBuilder()
      .mode(ThresholdsMode.Absolute)
      .steps([...(face.thresholds ?? [{ value: null, color: 'green' }])]),
  );
  return builder;
}

export function colorOf(mode: FieldColorModeId, fixed?: string): FieldColorBuilder {
  const color = new FieldColorBuilder().mode(mode);
  return fixed === undefined ? color : color.fixedColor(fixed);
}
