import type { World } from '../world.js';
import { type Said, verdictOf } from './facts.js';

/** The most that may be lost of a load: a number, or a share of what it sent; undefined: nothing fails. */
export type MostLost = { readonly events: number } | { readonly share: number } | undefined;

export function referenceCoreDelivery({ deliveries }: World, most: MostLost): Said {
  const sum = (of: 'sent' | 'received' | 'lost') => deliveries.reduce((total, each) => total + each[of], 0);
  const isTooMany = ({ sent, lost }: { sent: number; lost: number }): boolean =>
    most !== undefined && ('events' in most ? lost > most.events : lost > most.share * sent);
  return {
    verdict: verdictOf(deliveries.filter(isTooMany).length, sum('sent') === 0),
    counts: { sent: sum('sent'), received: sum('received'), lost: sum('lost') },
  };
}
