import { PanelBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { JAEGER } from './data-sources.js';
import { jaegerDependencies, jaegerTrace } from './jaeger-query.js';
import { withFace } from './panel-face.js';

/** One trace as a waterfall; `traceId` may be a variable. The SDK has no builder for this kind of panel. */
export function traceView(face: {
  readonly title: string;
  readonly description: string;
  readonly traceId: string;
  readonly height: number;
}): PanelBuilder {
  return withFace(new PanelBuilder().type('traces'), {
    title: face.title,
    description: face.description,
    unit: 'none',
    span: 24,
    height: face.height,
    dataSource: JAEGER,
    queries: [jaegerTrace(face.traceId)],
  });
}

/** Who calls whom, as a graph. */
export function callGraph(face: {
  readonly title: string;
  readonly description: string;
  readonly span: number;
}): PanelBuilder {
  return withFace(new PanelBuilder().type('nodeGraph'), {
    ...face,
    unit: 'none',
    height: 10,
    dataSource: JAEGER,
    queries: [jaegerDependencies()],
  });
}
