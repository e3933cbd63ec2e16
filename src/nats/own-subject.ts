import type { MonitorPlan } from '../contracts/plan/monitor.js';

/** What stands where a pattern has a token of its own (`{shard:100}`) that says nothing of what stormglass reports. */
const FILLING = 'own';

/** `a`, `LeaderElected`: what can stand as one token of a subject, and as a label. */
const PLAIN_TOKEN = /[^A-Za-z0-9_-]+/g;

/**
 * Where an event of ours goes, so that whoever listens for events by the same pattern hears it:
 * `cim.events.{domain}.{type}` → `cim.events.stormglass.FaultInjected`. Other characters than letters, digits, `_` and `-`
 * become `_`.
 */
export function ownSubject(
  { subject, domainToken, typeToken }: Pick<MonitorPlan, 'subject' | 'domainToken' | 'typeToken'>,
  domain: string,
  type: string,
): string {
  const given = subject.split('.');
  const isLiteral = (token: string | undefined): token is string =>
    token !== undefined && token !== '*' && token !== '>';
  const length = Math.max(domainToken, typeToken) + 1;
  // `cim.events.*.*.*` hears subjects of just five tokens.
  const whole = given.at(-1) === '>' ? length : Math.max(length, given.length);
  return Array.from({ length: whole }, (_, i) => {
    if (i === domainToken) return plainToken(domain);
    if (i === typeToken) return plainToken(type);
    const token = given[i];
    return isLiteral(token) ? token : FILLING;
  }).join('.');
}

const plainToken = (text: string): string => text.replace(PLAIN_TOKEN, '_').slice(0, 64) || '_';
