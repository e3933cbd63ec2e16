/** Those with a name of their own; all others are told by their number. */
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Control characters, what ends a line, and what turns the direction of text: they would forge what stands around them. */
const UNSEEN = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A text that came from elsewhere, on one line, with everything in it that moves, ends or hides something made visible: `\n`, `\u001b`. */
export const visible = (text: string): string => text.replace(UNSEEN, escaped);

/** The same of a text that has lines of its own; tabs stay, too. */
export const visibleLines = (text: string): string =>
  text.replace(UNSEEN, (found) => (found === '\n' || found === '\t' ? found : escaped(found)));

const escaped = (found: string): string =>
  NAMED[found] ?? `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
