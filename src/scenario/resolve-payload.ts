import { extname } from 'node:path';
import { messageOf } from '../base/errors.js';
import { parseTemplate, TemplateError, type TemplatePart } from '../base/template.js';
import { templateLength } from '../base/template-length.js';
import { templateSamples } from '../base/template-sample.js';
import type { PayloadPlan } from '../contracts/plan/events.js';
import type { RecordFormat } from '../contracts/plan/record-file.js';
import type { SizePlan } from '../contracts/plan/size.js';
import type { DataFiles } from './data-files.js';
import type { FileInput, PayloadInput, TemplateInput } from './payload-schema.js';
import type { Findings, Path } from './problem.js';

/** What makes the payloads of a mix entry, and how large they are; by type, as a template may name it. */
export interface ResolvedPayload {
  readonly payload?: PayloadPlan;
  sizeOf(names: EventNames): SizePlan;
}

export interface EventNames {
  readonly domain: string;
  readonly type: string;
  readonly subject: string;
}

interface Entry {
  readonly payload?: PayloadInput | undefined;
  readonly size?: SizePlan | undefined;
  readonly types: readonly string[];
}

/** `undefined` when it cannot be used. */
export function resolvePayload(
  { payload, size, types }: Entry,
  files: DataFiles,
  path: Path,
  findings: Findings,
): ResolvedPayload | undefined {
  if (payload === undefined || 'compressible' in payload) {
    if (size === undefined) {
      findings.add(path, 'the key `size` is missing: how large the payloads are', 'Write `size: 256B`.');
      return undefined;
    }
    const plan = payload && { kind: 'compressible' as const, ratio: payload.compressible };
    return { ...(plan && { payload: plan }), sizeOf: () => size };
  }
  if (size !== undefined) {
    const what = 'template' in payload ? 'the template makes' : 'the records of the file have';
    findings.addAtKey([...path, 'size'], `payloads are as large as ${what} them`, 'Leave `size` out.');
  }
  const at = [...path, 'payload'];
  return 'template' in payload
    ? resolveTemplate(payload, files, at, findings)
    : resolveFile(payload, types, files, at, findings);
}

function resolveTemplate(
  { template, format }: TemplateInput,
  files: DataFiles,
  path: Path,
  findings: Findings,
): ResolvedPayload | undefined {
  const isFile = typeof template !== 'string';
  const at = [...path, 'template', ...(isFile ? ['file'] : [])];
  const where = isFile ? `${template.file}, ` : '';
  try {
    const text = isFile ? files.readText(template.file) : template;
    const parts = parseTemplate(text);
    const isJson = format === undefined ? /^\s*[{[](?!\{)/.test(text) : format === 'json';
    const problem = isJson ? jsonProblem(parts) : undefined;
    if (problem !== undefined) {
      findings.add(at, `${where}${problem}`, 'Where it is not meant to be JSON, write `format: text`.');
      return undefined;
    }
    return { payload: { kind: 'template', text }, sizeOf: (names) => templateLength(parts, names) };
  } catch (error) {
    const message = error instanceof TemplateError ? `${where}${error.message}` : messageOf(error);
    findings.add(at, message);
    return undefined;
  }
}

function jsonProblem(parts: readonly TemplatePart[]): string | undefined {
  for (const sample of templateSamples(parts)) {
    try {
      JSON.parse(sample);
    } catch (error) {
      const shown = sample.length > 120 ? `${sample.slice(0, 120)}…` : sample;
      return `what this template makes is not JSON: ${messageOf(error)}, in ${shown}`;
    }
  }
  return undefined;
}

const FORMAT_OF: Readonly<Record<string, RecordFormat>> = {
  '.csv': 'csv',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
};

function resolveFile(
  { file, format = FORMAT_OF[extname(file).toLowerCase()] ?? 'lines', column, type, time, repeat }: FileInput,
  types: readonly string[],
  files: DataFiles,
  path: Path,
  findings: Findings,
): ResolvedPayload | undefined {
  const before = findings.all.length;
  if (column !== undefined && format !== 'csv') {
    findings.addAtKey([...path, 'column'], `only a CSV file has columns, and this one is ${format}`);
  }
  for (const [key, field] of Object.entries({ type, time })) {
    if (field === undefined || format !== 'lines') continue;
    findings.addAtKey(
      [...path, key],
      'a plain line has no fields',
      'Write `format: ndjson` if lines are JSON.',
    );
  }
  if (findings.all.length > before) return undefined;
  try {
    const source = { path: files.locate(file), format, ...(column !== undefined && { column }) };
    const fields = { ...(type !== undefined && { type }), ...(time !== undefined && { time }) };
    const { records, meanBytes, spanNs, ...size } = files.scan(source, { ...fields, types });
    return {
      payload: { kind: 'file', file: { ...source, ...fields, repeat, records, meanBytes, spanNs } },
      sizeOf: () => size,
    };
  } catch (error) {
    findings.add([...path, 'file'], `${file}: ${messageOf(error)}`);
    return undefined;
  }
}
