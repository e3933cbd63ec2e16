/**
 * Which events a configuration means: a type, or `domain.type`; `*` stands for any letters, none among them.
 * `*Completed`, `orders.OrderCompleted`, `orders.*`.
 */
export type EventPattern = (domain: string, type: string) => boolean;

/** What such a text may look like. */
export const EVENT_PATTERN = /^[^\s.>]+(\.[^\s.>]+)?$/;

export function eventPattern(text: string): EventPattern {
  const [first = '', second] = text.split('.');
  const isType = wordPattern(second ?? first);
  const isDomain = second === undefined ? () => true : wordPattern(first);
  return (domain, type) => isType(type) && isDomain(domain);
}

/** Whether any of them means an event. */
export function anyOf(texts: readonly string[]): EventPattern {
  const patterns = texts.map(eventPattern);
  return (domain, type) => patterns.some((means) => means(domain, type));
}

/** A word with `*` for any letters, compared without backtracking. */
export function wordPattern(text: string): (word: string) => boolean {
  const parts = text.split('*');
  if (parts.length === 1) return (word) => word === text;
  const [first, ...others] = parts as [string, ...string[]];
  const last = others.pop() as string;
  return (word) => {
    if (word.length < first.length + last.length || !word.startsWith(first) || !word.endsWith(last))
      return false;
    let at = first.length;
    for (const part of others) {
      at = word.indexOf(part, at);
      if (at < 0) return false;
      at += part.length;
    }
    return at <= word.length - last.length;
  };
}
