/** By how a name ends, the longest first: Prometheus wants the unit there. */
const UNITS: readonly (readonly [ending: string, unit: string])[] = [
  ['_timestamp_seconds', 'Unix time in seconds'],
  ['_seconds', 'seconds'],
  ['_bytes', 'bytes'],
  ['_ratio', 'share, 0 to 1'],
  ['_celsius', '°C'],
  ['_watts', 'watts'],
];

/** What one unit of a metric of ours is: by the ending of its name, else it counts, or says that something is so. */
export function unitOf({ name, help }: { readonly name: string; readonly help: string }): string {
  const stem = name.replace(/_total$/, '');
  const [, unit] = UNITS.find(([ending]) => stem.endsWith(ending)) ?? [];
  return unit ?? (/^1 (while|for) /.test(help) ? '0 or 1' : 'count');
}
