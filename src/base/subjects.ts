/** Longest subject that stormglass makes or takes: far below the 4,096 bytes of a server's protocol line. */
export const MAX_SUBJECT_LENGTH = 255;

/** What is wrong with a subject that may hold wildcards; `undefined` when nothing is. */
export function subjectFilterProblem(subject: string): string | undefined {
  if (subject === '') return 'a subject cannot be empty';
  if (subject.length > MAX_SUBJECT_LENGTH) return `a subject has at most ${MAX_SUBJECT_LENGTH} characters`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\s\u0000-\u001f\u007f]/.test(subject)) return 'a subject holds no spaces or control characters';
  const tokens = subject.split('.');
  if (tokens.includes('')) return 'a subject has no empty token: no dot at its start or end, no two in a row';
  for (const [i, token] of tokens.entries()) {
    if (token.length > 1 && /[*>]/.test(token))
      return `a wildcard stands alone in its token, not as \`${token}\``;
    if (token === '>' && i < tokens.length - 1) return '`>` stands only at the end';
  }
  return undefined;
}

/** What is wrong with a subject to publish to; `undefined` when nothing is. */
export function subjectProblem(subject: string): string | undefined {
  if (/[*>]/.test(subject)) return 'a subject that events go to has no wildcard (* or >)';
  return subjectFilterProblem(subject);
}

/** Whether some subject is matched by both filters. */
export function filtersOverlap(a: string, b: string): boolean {
  const left = a.split('.');
  const right = b.split('.');
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [l, r] = [left[i], right[i]];
    if (l === undefined || r === undefined) return false;
    if (l === '>' || r === '>') return true;
    if (l !== '*' && r !== '*' && l !== r) return false;
  }
  return true;
}

/** Whether a subject, or every subject that another filter matches in its own tokens, is matched by the filter. */
export function subjectMatches(filter: string, subject: string): boolean {
  const wanted = filter.split('.');
  const tokens = subject.split('.');
  for (const [i, want] of wanted.entries()) {
    if (want === '>') return tokens.length > i;
    if (i >= tokens.length || (want !== '*' && want !== tokens[i])) return false;
  }
  return wanted.length === tokens.length;
}
