import { type DataSourceRef, DatasourceVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';

/** Dashboards name their data sources by variables, so that they can be imported where others have provisioned them. */
export const PROMETHEUS: DataSourceRef = { type: 'prometheus', uid: `$\{prometheus}` };
export const JAEGER: DataSourceRef = { type: 'jaeger', uid: `$\{jaeger}` };

export function prometheusVariable(): DatasourceVariableBuilder {
  return new DatasourceVariableBuilder('prometheus')
    .label('Prometheus')
    .description('Where the metrics are.')
    .type('prometheus')
    .current({ text: 'Prometheus', value: 'prometheus' });
}

export function jaegerVariable(): DatasourceVariableBuilder {
  return new DatasourceVariableBuilder('jaeger')
    .label('Jaeger')
    .description('Where the traces are.')
    .type('jaeger')
    .current({ text: 'Jaeger', value: 'jaeger' });
}
