import { rateOf } from '../parts/event-panels.js';

/** Events of the domain, of the chosen types. */
export const TYPES = '{domain="$domain",type=~"$type"}';
/** All events of the domain. */
export const DOMAIN = '{domain="$domain"}';

export const rate = (metric: string): string => rateOf(metric, TYPES);
