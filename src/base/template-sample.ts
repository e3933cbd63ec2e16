import { SEQUENCE_WIDTH, type TemplatePart } from './template.js';

const SAMPLE_TIME = { iso: '2026-01-02T03:04:05.678Z', s: '1767323045', ms: '1767323045678' } as const;

/** Texts as a template may make them, so that each option of each choice occurs in one of them. */
export function templateSamples(parts: readonly TemplatePart[]): readonly string[] {
  const most = Math.max(1, ...parts.map((part) => (part.kind === 'choice' ? part.options.length : 1)));
  return Array.from({ length: most }, (_, i) => parts.map((part) => sampleOf(part, i)).join(''));
}

function sampleOf(part: TemplatePart, option: number): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'uuid':
      return `01234567-89ab-${part.version}def-8123-456789abcdef`;
    case 'sequence':
      return part.digits === undefined ? '7'.padStart(SEQUENCE_WIDTH) : '7'.padStart(part.digits, '0');
    case 'time':
      return part.unit === 'us' || part.unit === 'ns'
        ? SAMPLE_TIME.ms + (part.unit === 'us' ? '901' : '901234')
        : SAMPLE_TIME[part.unit];
    case 'choice':
      return part.options[Math.min(option, part.options.length - 1)]?.text ?? '';
    case 'words':
      return 'a'.repeat(part.max);
    case 'hex':
      return 'a1'.repeat(part.digits).slice(0, part.digits);
    case 'int':
      return String(part.max);
    case 'float':
      return part.max.toFixed(part.decimals);
    case 'name':
      return part.of === 'worker' ? '0' : part.of;
  }
}
