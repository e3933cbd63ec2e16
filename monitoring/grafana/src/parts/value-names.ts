import { MappingType, type ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';

/** Words and colours for figures that stand for states: `valueNames([0, 'down', 'red'], [1, 'up', 'green'])`. */
export function valueNames(
  ...names: readonly (readonly [value: number, text: string, color: string])[]
): readonly ValueMapping[] {
  return [
    {
      type: MappingType.ValueToText,
      options: Object.fromEntries(
        names.map(([value, text, color], index) => [String(value), { text, color, index }]),
      ),
    },
  ];
}
