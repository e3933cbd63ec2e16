import { Secret } from '../base/secret.js';
import { isBlock } from './owned-settings.js';

/** `8MB`, `64KiB`, `10k`; never `2m`, which is a duration. */
const SIZE = /^\d+([kKMGT]|[kKmMgGtT]i?[bB]|[kKmMgGtT]i)$/;

/**
 * Settings as nats-server reads them. Its format is a superset of JSON but for one thing: a size is only understood
 * without quotes, and a duration in minutes (`2m`) only with them.
 */
export function serverConfigText(settings: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(settings).map(
    ([key, value]) => `${JSON.stringify(key)}: ${written(value, '')}\n`,
  );
  return lines.join('');
}

function written(value: unknown, indent: string): string {
  if (value instanceof Secret) return written(value.reveal(), indent);
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((item) => `${deeper}${written(item, deeper)}\n`).join('')}${indent}]`;
  }
  if (isBlock(value)) {
    const lines = Object.entries(value).map(
      ([key, item]) => `${deeper}${JSON.stringify(key)}: ${written(item, deeper)}\n`,
    );
    return `{\n${lines.join('')}${indent}}`;
  }
  if (typeof value === 'string' && SIZE.test(value)) return value;
  return JSON.stringify(value);
}
