import { type NameOf, SEQUENCE_WIDTH, type TemplatePart } from './template.js';

const TIME_BYTES = { iso: 24, s: 10, ms: 13, us: 16, ns: 19 } as const;

/** The least and the most bytes that a template makes. */
export function templateLength(
  parts: readonly TemplatePart[],
  names: Readonly<Partial<Record<NameOf, string>>>,
): { readonly minBytes: number; readonly maxBytes: number } {
  let [minBytes, maxBytes] = [0, 0];
  for (const part of parts) {
    const [least, most] = lengthOf(part, names);
    minBytes += least;
    maxBytes += most;
  }
  return { minBytes, maxBytes };
}

function lengthOf(
  part: TemplatePart,
  names: Readonly<Partial<Record<NameOf, string>>>,
): readonly [least: number, most: number] {
  const always = (bytes: number) => [bytes, bytes] as const;
  switch (part.kind) {
    case 'text':
      return always(Buffer.byteLength(part.text));
    case 'uuid':
      return always(36);
    case 'sequence':
      return always(part.digits ?? SEQUENCE_WIDTH);
    case 'time':
      return always(TIME_BYTES[part.unit]);
    case 'choice':
      return bounds(part.options.map(({ text }) => text));
    case 'words':
      return [part.min, part.max];
    case 'hex':
      return always(part.digits);
    case 'int':
      return withZero(String(part.min), String(part.max), part.min < 0 && part.max > 0);
    case 'float': {
      const [min, max] = [part.min, part.max].map((value) => value.toFixed(part.decimals)) as [
        string,
        string,
      ];
      return withZero(min, max, part.min < 0 && part.max > 0);
    }
    case 'name': {
      const name = names[part.of];
      // A load's name and a worker's number are not known before they are: at most 64 characters, as a name has.
      return name === undefined ? [1, 64] : always(Buffer.byteLength(name));
    }
  }
}

const bounds = (texts: readonly string[]): readonly [number, number] => {
  const lengths = texts.map((text) => Buffer.byteLength(text));
  return [Math.min(...lengths), Math.max(...lengths)];
};

/** Of numbers from one to another: those nearest to zero are the shortest. */
function withZero(min: string, max: string, crossesZero: boolean): readonly [number, number] {
  const [least, most] = bounds([min, max]);
  return [crossesZero ? 1 : least, most];
}
