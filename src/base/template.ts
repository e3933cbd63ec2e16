import { suggestion } from './nearest.js';

/** A piece of a template: fixed text, or what stands for a value. */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  // Different for every event.
  | { readonly kind: 'uuid'; readonly version: 4 | 7 }
  /** Right-aligned among spaces, or so many digits with zeros before them. */
  | { readonly kind: 'sequence'; readonly digits?: number }
  | { readonly kind: 'time'; readonly unit: TimeUnit }
  // Drawn by the seed.
  | {
      readonly kind: 'choice';
      readonly options: readonly { readonly text: string; readonly weight: number }[];
    }
  | { readonly kind: 'words'; readonly min: number; readonly max: number }
  | { readonly kind: 'hex'; readonly digits: number }
  | { readonly kind: 'int'; readonly min: number; readonly max: number }
  | { readonly kind: 'float'; readonly min: number; readonly max: number; readonly decimals: number }
  // What the event is.
  | { readonly kind: 'name'; readonly of: NameOf };

export const TIME_UNITS = ['iso', 's', 'ms', 'us', 'ns'] as const;
export type TimeUnit = (typeof TIME_UNITS)[number];
export const NAMES = ['domain', 'type', 'subject', 'load', 'worker'] as const;
export type NameOf = (typeof NAMES)[number];

/** The most digits that a number of an event is ever written with: 2^40 has thirteen. */
export const SEQUENCE_WIDTH = 13;

/** A template that cannot be read: where in it, counted from 1, and what was expected there. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  constructor(
    readonly line: number,
    readonly column: number,
    readonly expected: string,
  ) {
    super(`line ${line}, column ${column}: ${expected}`);
  }
}

/** Much more than a payload's text may be asked to have; a wrong number is larger. */
const MAX_LENGTH = 1_000_000;

/**
 * Reads a text with placeholders: `{{name argument …}}`. An argument is a word or a text in double quotes; a
 * placeholder that is nothing but a text in quotes stands for that text: `{{"{{"}}`. Throws a TemplateError.
 */
export function parseTemplate(text: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  for (let at = 0; at < text.length; ) {
    const open = text.indexOf('{{', at);
    const fixed = text.slice(at, open < 0 ? undefined : open);
    if (fixed !== '') parts.push({ kind: 'text', text: fixed });
    if (open < 0) break;
    const { words, end } = readPlaceholder(text, open);
    parts.push(makePart(words, text, open));
    at = end;
  }
  return parts;
}

/** Whether a text has anything in it that stands for a value. */
export const hasPlaceholders = (text: string): boolean => text.includes('{{');

interface Word {
  readonly text: string;
  readonly isQuoted: boolean;
  /** For `text:weight`. */
  readonly weight: number | undefined;
  readonly at: number;
}

const WORD = /\s*(?:"((?:[^"\\]|\\["\\])*)"(?::(\d+(?:\.\d+)?))?|((?:(?!\}\})[^\s"])+))/y;

function readPlaceholder(
  text: string,
  open: number,
): { readonly words: readonly Word[]; readonly end: number } {
  const words: Word[] = [];
  let at = open + 2;
  for (;;) {
    WORD.lastIndex = at;
    const match = WORD.exec(text);
    if (match === null) break;
    const begins = at + match[0].length - match[0].trimStart().length;
    at = WORD.lastIndex;
    if (match[1] !== undefined) {
      const weight = match[2] === undefined ? undefined : Number(match[2]);
      words.push({ text: match[1].replace(/\\(["\\])/g, '$1'), isQuoted: true, weight, at: begins });
    } else {
      words.push({ ...weighted(match[3] as string), isQuoted: false, at: begins });
    }
  }
  const rest = /\s*\}\}/y;
  rest.lastIndex = at;
  if (rest.test(text)) return { words, end: rest.lastIndex };
  const stray = text.slice(at).trimStart();
  throw stray.startsWith('"')
    ? failure(text, at, 'this text in quotes has no end: expected a " after it')
    : failure(text, open, 'this placeholder has no end: expected }} behind it');
}

function weighted(word: string): { readonly text: string; readonly weight: number | undefined } {
  const match = /^(.+):(\d+(?:\.\d+)?)$/s.exec(word);
  return match ? { text: match[1] as string, weight: Number(match[2]) } : { text: word, weight: undefined };
}

/** The text of a word as it was written, with what looked like a weight. */
const whole = ({ text, weight }: Word): string => (weight === undefined ? text : `${text}:${weight}`);

type Make = (args: readonly Word[], fail: (expected: string, at?: number) => TemplateError) => TemplatePart;

const MAKERS: Readonly<Record<string, { readonly usage: string; readonly make: Make }>> = {
  uuid: {
    usage: '{{uuid}}, or {{uuid v7}} for one that begins with the time',
    make: ([version, ...more], fail) => {
      if (more.length > 0 || (version && !['v4', 'v7'].includes(whole(version)))) throw fail('');
      return { kind: 'uuid', version: version && whole(version) === 'v7' ? 7 : 4 };
    },
  },
  sequence: {
    usage: `{{sequence}}, or {{sequence 8}} for eight digits with zeros before them, ${SEQUENCE_WIDTH} at most`,
    make: ([digits, ...more], fail) => {
      if (digits === undefined) return { kind: 'sequence' };
      if (more.length > 0) throw fail('', more[0]?.at);
      return { kind: 'sequence', digits: wholeNumber(digits, 1, SEQUENCE_WIDTH, fail) };
    },
  },
  time: {
    usage: '{{time}} (ISO 8601), or {{time s}}, {{time ms}}, {{time us}}, {{time ns}} since 1970',
    make: ([unit, ...more], fail) => {
      const known = TIME_UNITS.find((each) => each === (unit ? whole(unit) : 'iso'));
      if (known === undefined || more.length > 0) throw fail('', unit?.at);
      return { kind: 'time', unit: known };
    },
  },
  choice: {
    usage: '{{choice red green}}, or with weights {{choice paid:70 "not paid":30}}',
    make: (args, fail) => {
      if (args.length === 0) throw fail('');
      const options = args.map(({ text, weight }) => ({ text, weight: weight ?? 1 }));
      if (!options.some(({ weight }) => weight > 0)) throw fail('at least one weight above 0');
      return { kind: 'choice', options: options.filter(({ weight }) => weight > 0) };
    },
  },
  text: {
    usage: '{{text 20}}, or {{text 10 40}} for 10 to 40 characters',
    make: ([from, to, ...more], fail) => {
      if (from === undefined || more.length > 0) throw fail('', more[0]?.at);
      const min = wholeNumber(from, 0, MAX_LENGTH, fail);
      const max = to ? wholeNumber(to, min, MAX_LENGTH, fail) : min;
      return { kind: 'words', min, max };
    },
  },
  hex: {
    usage: '{{hex 16}} for sixteen hex digits',
    make: ([digits, ...more], fail) => {
      if (digits === undefined || more.length > 0) throw fail('', more[0]?.at);
      return { kind: 'hex', digits: wholeNumber(digits, 1, MAX_LENGTH, fail) };
    },
  },
  int: {
    usage: '{{int 1 100}}',
    make: ([from, to, ...more], fail) => {
      if (from === undefined || to === undefined || more.length > 0) throw fail('', more[0]?.at);
      const min = wholeNumber(from, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, fail);
      return { kind: 'int', min, max: wholeNumber(to, min, Number.MAX_SAFE_INTEGER, fail) };
    },
  },
  float: {
    usage: '{{float 0 1}}, or {{float 0 99.5 2}} for two decimals',
    make: ([from, to, places, ...more], fail) => {
      if (from === undefined || to === undefined || more.length > 0) throw fail('', more[0]?.at);
      const [min, max] = [from, to].map((word) => {
        const value = Number(whole(word));
        if (!Number.isFinite(value)) throw fail(`a number in place of \`${whole(word)}\``, word.at);
        return value;
      }) as [number, number];
      if (max < min) throw fail('the smaller number first', to.at);
      return { kind: 'float', min, max, decimals: places ? wholeNumber(places, 0, 15, fail) : 3 };
    },
  },
  ...Object.fromEntries(
    NAMES.map((of): [string, { usage: string; make: Make }] => [
      of,
      {
        usage: `{{${of}}}`,
        make: (args, fail) => {
          if (args.length > 0) throw fail('', args[0]?.at);
          return { kind: 'name', of };
        },
      },
    ]),
  ),
};

function makePart([name, ...args]: readonly Word[], text: string, open: number): TemplatePart {
  const names = Object.keys(MAKERS);
  if (name === undefined) throw failure(text, open, `expected one of ${names.join(', ')} in {{ }}`);
  if (name.isQuoted) {
    if (args[0]) throw failure(text, args[0].at, 'expected }} behind a text in quotes');
    return { kind: 'text', text: name.text };
  }
  const word = whole(name);
  const maker = Object.hasOwn(MAKERS, word) ? MAKERS[word] : undefined;
  if (maker === undefined) {
    const meant = suggestion(word, names, 'There are') ?? `There are ${names.join(', ')}.`;
    throw failure(text, name.at, `there is no placeholder \`${word}\`. ${meant}`);
  }
  return maker.make(args, (expected, at = name.at) =>
    failure(
      text,
      at,
      expected === '' ? `expected ${maker.usage}` : `expected ${expected}, as in ${maker.usage}`,
    ),
  );
}

function wholeNumber(word: Word, min: number, max: number, fail: Parameters<Make>[1]): number {
  const value = Number(whole(word));
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  const end = max === Number.MAX_SAFE_INTEGER ? 'on' : `to ${max}`;
  const range = min === Number.MIN_SAFE_INTEGER ? '' : ` from ${min} ${end}`;
  throw fail(`a whole number${range} in place of \`${whole(word)}\``, word.at);
}

function failure(text: string, at: number, expected: string): TemplateError {
  const before = text.slice(0, at).split('\n');
  return new TemplateError(before.length, (before.at(-1) as string).length + 1, expected);
}
