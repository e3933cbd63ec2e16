/** What the text of an -ERR is about. */
export type ServerErrorKind = 'permission-violation' | 'slow-consumer' | 'server-error';

export function kindOfServerError(text: string): ServerErrorKind {
  if (/^permissions violation/i.test(text)) return 'permission-violation';
  return /slow consumer/i.test(text) ? 'slow-consumer' : 'server-error';
}

/** The subject to which a publish was refused for lack of permission: one -ERR comes for each message. */
export function refusedPublish(text: string): string | undefined {
  return quoted(/^permissions violation for publish to (".*")$/i.exec(text)?.[1]);
}

/** The subject of a subscription that was refused for lack of permission. */
export function refusedSubscription(text: string): string | undefined {
  return quoted(/^permissions violation for subscription to ("(?:[^"\\]|\\.)*")/i.exec(text)?.[1]);
}

/** Whether a subscription was refused, for whatever reason: the connection goes on without it. */
export function refusesSubscription(text: string): boolean {
  return refusedSubscription(text) !== undefined || /^maximum subscriptions exceeded/i.test(text);
}

/** As Go quotes a text; what JSON does not read so is left as it stands. */
function quoted(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1);
  }
}
