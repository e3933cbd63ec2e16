import type { Direction } from '../../contracts/links.js';

/** A proxy of a Toxiproxy that stands on the link between two ends. */
export interface LinkProxy {
  /** Of the control API: `http://127.0.0.1:8474`. */
  readonly url: string;
  readonly name: string;
  /** Who dials it: the name of a node, or CLIENTS. */
  readonly from: string;
  /** Whom it leads to. */
  readonly to: string;
}

/** Which way data goes through a proxy: `upstream` from the one who dialled. */
export type ProxyStream = (typeof STREAMS)[number];
export const STREAMS = ['upstream', 'downstream'] as const;

export interface ProxySide {
  readonly proxy: LinkProxy;
  readonly stream: ProxyStream;
}

/** Both directions of every link that has a proxy, each once. */
export function directionsOf(proxies: readonly LinkProxy[]): Direction[] {
  const all = new Map<string, Direction>();
  for (const { from, to } of proxies) {
    all.set(directionText({ from, to }), { from, to });
    all.set(directionText({ from: to, to: from }), { from: to, to: from });
  }
  return [...all.values()];
}

/**
 * Where data passes on its way in one direction. Either end of a link may have dialled the connection that is in use, so
 * that is two places for a link whose ends dial each other.
 */
export function sidesOf({ from, to }: Direction, proxies: readonly LinkProxy[]): ProxySide[] {
  return proxies.flatMap((proxy): ProxySide[] => {
    if (proxy.from === from && proxy.to === to) return [{ proxy, stream: 'upstream' }];
    if (proxy.from === to && proxy.to === from) return [{ proxy, stream: 'downstream' }];
    return [];
  });
}

/** `n1 → n2` */
export const directionText = ({ from, to }: Direction): string => `${from} → ${to}`;
