const REMOTE_WRITE = `
# What has a resolution is kept for long: rules/long-term.yaml. Prometheus starts and works without VictoriaMetrics, and
# sends what it missed, as far back as its own log goes (two hours), when it is there again.
remote_write:
  - name: long-term
    url: http://victoriametrics:8428/api/v1/write
    write_relabel_configs:
      - source_labels: [resolution]
        regex: 5m|1h
        action: keep
      - { regex: runbooks, action: labeldrop }
`;

/** Text of prometheus-long-term.yml: prometheus.yml, and where what is kept for long is written to. */
export function prometheusLongTerm(prometheusYml: string): string {
  return `# Written by \`npm run monitoring\` of prometheus.yml: do not change it here.\n${prometheusYml}${REMOTE_WRITE}`;
}
