import { z } from 'zod';
import { parsePercentage } from '../../base/units.js';

export const TARGET_FORMS =
  'one, all, a number or a percentage of nodes, minority, majority, leader, follower, stream-leader(NAME), follower(NAME), ' +
  'consumer-leader(NAME, CONSUMER), most-clients, or the names of nodes';

const EXPECTED = `expected ${TARGET_FORMS}`;

export const targetSchema = z
  .union([z.string().min(1), z.int().min(0), z.array(z.string()).min(1)], { error: EXPECTED })
  .describe(
    `Whom it hits: ${TARGET_FORMS}. What is drawn is drawn by the seed; roles are looked up when it begins.`,
  );
export type TargetInput = z.output<typeof targetSchema>;

/** A target as it is written, before anything is known of the cluster. */
export type TargetChoice =
  | { readonly form: 'names'; readonly names: readonly string[] }
  | { readonly form: 'one' | 'all' | 'minority' | 'majority' }
  | { readonly form: 'count'; readonly count: number }
  | { readonly form: 'share'; readonly ratio: number; readonly text: string }
  | { readonly form: 'leader' | 'follower' | 'most-clients' }
  | { readonly form: 'stream-leader' | 'stream-follower'; readonly stream: string }
  | { readonly form: 'consumer-leader'; readonly stream: string; readonly consumer: string };

const PLAIN = ['one', 'all', 'minority', 'majority', 'leader', 'follower', 'most-clients'] as const;

/** What may be meant by a word that is none. */
export const TARGET_WORDS: readonly string[] = [
  ...PLAIN,
  'stream-leader(NAME)',
  'follower(NAME)',
  'consumer-leader(NAME, CONSUMER)',
];

/** What a target says; a text with what is wrong with its form, where it has none. */
export function readTargetChoice(input: TargetInput): TargetChoice | string {
  if (typeof input === 'number') return { form: 'count', count: input };
  if (typeof input !== 'string') return { form: 'names', names: input.map((name) => name.trim()) };
  const text = input.trim();
  const plain = PLAIN.find((word) => word === text);
  if (plain !== undefined) return { form: plain };
  if (/^\d+$/.test(text)) return { form: 'count', count: Number(text) };
  const ratio = parsePercentage(text);
  if (ratio !== undefined) return { form: 'share', ratio, text };
  const call = /^([a-z-]+)\s*\(([^()]*)\)$/.exec(text);
  if (call)
    return readCall(
      call[1] as string,
      (call[2] as string).split(',').map((name) => name.trim()),
    );
  if (text === 'stream-leader') return '`stream-leader` needs the name of a stream: stream-leader(NAME)';
  if (text === 'consumer-leader') return NO_CONSUMER;
  return { form: 'names', names: text.split(',').map((name) => name.trim()) };
}

const NO_CONSUMER = '`consumer-leader` needs a stream and a consumer of it: consumer-leader(NAME, CONSUMER)';

function readCall(role: string, [stream = '', consumer, ...more]: readonly string[]): TargetChoice | string {
  if (role === 'stream-leader' || role === 'follower') {
    if (consumer !== undefined) return `\`${role}\` takes the name of one stream: ${role}(NAME)`;
    return { form: role === 'follower' ? 'stream-follower' : role, stream };
  }
  if (role === 'consumer-leader') {
    return consumer ? (more.length > 0 ? NO_CONSUMER : { form: role, stream, consumer }) : NO_CONSUMER;
  }
  return `there is no target \`${role}(…)\``;
}
