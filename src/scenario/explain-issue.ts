import type { z } from 'zod';
import { maskUserInfo } from '../base/secret.js';
import { visible } from '../base/visible-text.js';

/** Words for what zod found, where a schema has no words of its own. */
export function explainIssue(issue: z.core.$ZodRawIssue): string | undefined {
  const missing = issue.input === undefined;
  switch (issue.code) {
    case 'invalid_type':
      return missing
        ? 'this key is missing'
        : `expected ${typeName(issue.expected)}, but it is ${show(issue.input)}`;
    case 'invalid_value': {
      const values = issue.values.map((value) => String(value));
      const expected = values.length === 1 ? values[0] : `one of ${values.join(', ')}`;
      return missing
        ? `this key is missing: expected ${expected}`
        : `expected ${expected}, but it is ${show(issue.input)}`;
    }
    case 'too_small':
      return `expected ${bound('at least', issue.minimum, issue.origin, issue.inclusive)}, but it is ${show(issue.input)}`;
    case 'too_big':
      return `expected ${bound('at most', issue.maximum, issue.origin, issue.inclusive)}, but it is ${show(issue.input)}`;
    case 'invalid_union':
      return missing
        ? 'this key is missing'
        : `${show(issue.input)} has none of the forms that may stand here`;
    default:
      return undefined;
  }
}

function typeName(expected: string): string {
  switch (expected) {
    case 'object':
    case 'record':
      return 'keys and their values';
    case 'array':
      return 'a list';
    case 'int':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'text';
    default:
      return expected;
  }
}

function bound(words: string, value: number | bigint, origin: string, inclusive = true): string {
  const word = inclusive ? words : words === 'at least' ? 'more than' : 'less than';
  switch (origin) {
    case 'array':
      return `${word} ${value} ${value === 1 ? 'item' : 'items'}`;
    case 'string':
      return `${word} ${value} ${value === 1 ? 'character' : 'characters'}`;
    case 'object':
    case 'record':
    case 'map':
      return `${word} ${value} ${value === 1 ? 'key' : 'keys'}`;
    default:
      return `${word} ${value}`;
  }
}

/** A value as it stands in an error: short, told from the words around it, and nothing in it that a terminal would obey. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty map' : 'a map of keys';
  const text = maskUserInfo(String(value));
  if (text === '') return 'an empty text';
  return `\`${visible(text.length > 60 ? `${text.slice(0, 60)}…` : text)}\``;
}
