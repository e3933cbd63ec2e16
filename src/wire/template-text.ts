import type { Random } from '../base/random.js';
import type { NameOf, TemplatePart } from '../base/template.js';
import { sequenceField } from './fields/sequence-field.js';
import { timeField } from './fields/time-field.js';
import { uuidField } from './fields/uuid-field.js';
import type { FrameField, FrameText } from './frame-text.js';

export interface TemplateSetting {
  /** What `{{domain}}` and the like stand for. */
  readonly names: Readonly<Record<NameOf, string>>;
  /** Of what is different for every event; the fields of one template have streams of their own. */
  readonly random: Random;
  /** What the wall clock shows, in whole milliseconds, when the monotonic one is at 0. */
  readonly wallOffsetMs: number;
}

/**
 * Makes texts of a template. What is drawn is drawn at each call; what is different for every event is a field, and
 * the same ones in all texts.
 */
export function templateText(
  parts: readonly TemplatePart[],
  setting: TemplateSetting,
): (random: Random) => FrameText {
  const makers = parts.map((part, i) => makerOf(part, setting, setting.random.fork(`field-${i}`)));
  return (random) => makers.map((make) => make(random));
}

function makerOf(
  part: TemplatePart,
  { names, wallOffsetMs }: TemplateSetting,
  own: Random,
): (random: Random) => string | FrameField {
  const always = <T>(value: T) => {
    return () => value;
  };
  switch (part.kind) {
    case 'text':
      return always(part.text);
    case 'name':
      return always(names[part.of]);
    case 'uuid':
      return always(uuidField(part.version, own, wallOffsetMs));
    case 'sequence':
      return always(sequenceField(part.digits));
    case 'time':
      return always(timeField(part.unit, wallOffsetMs));
    case 'choice':
      return (random) => choose(part.options, random);
    case 'words':
      return (random) => drawWords(part.min + random.below(part.max - part.min + 1), random);
    case 'hex':
      return (random) => drawHex(part.digits, random);
    case 'int':
      return (random) => String(part.min + random.below(part.max - part.min + 1));
    case 'float':
      return (random) => (part.min + random.next() * (part.max - part.min)).toFixed(part.decimals);
  }
}

function choose(
  options: readonly { readonly text: string; readonly weight: number }[],
  random: Random,
): string {
  const sum = options.reduce((total, { weight }) => total + weight, 0);
  let left = random.next() * sum;
  for (const { text, weight } of options) {
    left -= weight;
    if (left < 0) return text;
  }
  return options.at(-1)?.text ?? '';
}

const WORDS =
  'wind rain storm cloud glass river harbor anchor beacon signal north south east west tide wave current pressure front calm gale frost ember cedar stone'.split(
    ' ',
  );

/** Exactly so many characters of words and spaces: nothing that JSON, CSV or a header would take for its own. */
function drawWords(length: number, random: Random): string {
  let text = '';
  while (text.length < length) text += `${text === '' ? '' : ' '}${random.pick(WORDS)}`;
  const cut = text.slice(0, length);
  return cut.endsWith(' ') ? `${cut.slice(0, -1)}s` : cut;
}

function drawHex(digits: number, random: Random): string {
  let text = '';
  while (text.length < digits)
    text += random
      .below(2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return text.slice(0, digits);
}
