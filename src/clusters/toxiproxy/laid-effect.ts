import type { Direction, LinkEffect } from '../../contracts/links.js';
import type { RestoreLinks } from '../../contracts/undo.js';
import { removalTakesMs, type Toxic, toxicOf } from './effect-toxic.js';
import { directionsOf, directionText, type LinkProxy, type ProxyStream, sidesOf } from './link-proxy.js';
import { type ProxyState, ToxiproxyRefusal } from './toxiproxy-api.js';

/** What an effect does to one proxy: adds a toxic, or disables it. */
export type ProxyAct =
  | {
      readonly kind: 'toxic';
      readonly proxy: LinkProxy;
      readonly name: string;
      readonly stream: ProxyStream;
      readonly toxic: Toxic;
      readonly removalTakesMs: number;
    }
  | { readonly kind: 'disable'; readonly proxy: LinkProxy };

/** An effect and all that it does to proxies. */
export interface LaidEffect {
  readonly id: string;
  readonly acts: readonly ProxyAct[];
}

/** It goes into URLs as it is. */
const FIT_FOR_A_NAME = /^[\w.:~-]+$/;

/**
 * What an effect will do to proxies. `mark` begins the names of its toxics: by them it is known whose they are.
 * @throws RangeError for a direction or a name that cannot be
 */
export function layOutEffect(
  id: string,
  directions: readonly Direction[],
  effect: LinkEffect,
  { mark, proxies }: { readonly mark: string; readonly proxies: readonly LinkProxy[] },
): LaidEffect {
  if (!FIT_FOR_A_NAME.test(id)) throw new RangeError(`an effect cannot be called ${JSON.stringify(id)}`);
  const wanted = new Map(directions.map((direction) => [directionText(direction), direction]));
  const known = new Set(directionsOf(proxies).map(directionText));
  for (const name of wanted.keys()) {
    if (!known.has(name))
      throw new RangeError(`there is no link ${name}: there are ${[...known].join(', ')}`);
  }
  const toxic = toxicOf(effect);
  if (toxic === undefined) {
    for (const { from, to } of wanted.values()) {
      const back = directionText({ from: to, to: from });
      if (!wanted.has(back))
        throw new RangeError(`connections are refused in both directions or none: ${back}, too`);
    }
  }
  const acts = [...wanted.values()].flatMap((direction) =>
    sidesOf(direction, proxies).flatMap(({ proxy, stream }): ProxyAct[] => {
      if (toxic !== undefined) {
        return [
          {
            kind: 'toxic',
            proxy,
            name: toxicName(mark, id, stream),
            stream,
            toxic,
            removalTakesMs: removalTakesMs(effect),
          },
        ];
      }
      // A proxy is met in both of its directions.
      return stream === 'upstream' ? [{ kind: 'disable', proxy }] : [];
    }),
  );
  return { id, acts };
}

/** Of its toxics: a proxy has at most one of them in each direction. */
export const toxicName = (mark: string, effectId: string, stream: ProxyStream): string =>
  `${mark}-${effectId}-${stream}`;

/** The acts by proxy: one after the other there, for Toxiproxy takes them so, and all proxies at once. */
export function actsByProxy({ acts }: LaidEffect): readonly (readonly ProxyAct[])[] {
  const groups = new Map<LinkProxy, ProxyAct[]>();
  for (const act of acts) groups.set(act.proxy, [...(groups.get(act.proxy) ?? []), act]);
  return [...groups.values()];
}

/** What takes an effect off, as data: a record for each Toxiproxy that it lies on. */
export function restoreRecords(
  { id, acts }: LaidEffect,
  { what, within }: { readonly what: string; readonly within?: string },
): RestoreLinks[] {
  const urls = [...new Set(acts.map(({ proxy }) => proxy.url))];
  return urls.map((url, i) => {
    const there = actsByProxy({ id, acts: acts.filter(({ proxy }) => proxy.url === url) });
    const proxies = there.map((group) => ({
      proxy: (group[0] as ProxyAct).proxy.name,
      toxics: group.flatMap((act) => (act.kind === 'toxic' ? [act.name] : [])),
      enable: group.some((act) => act.kind === 'disable'),
    }));
    return {
      kind: 'restore-links',
      id: urls.length === 1 ? `links-${id}` : `links-${id}-${i + 1}`,
      what: `take ${what} off ${proxies.length} ${proxies.length === 1 ? 'link proxy' : 'link proxies'} (${id})`,
      manual: proxies
        .flatMap(({ proxy, toxics, enable }) => manualCalls(`${url}/proxies/${proxy}`, toxics, enable))
        .join('; '),
      ...(within !== undefined && { within }),
      url,
      effect: id,
      proxies,
    };
  });
}

function manualCalls(proxy: string, toxics: readonly string[], enable: boolean): string[] {
  return [
    ...toxics.map((name) => `curl -X DELETE ${proxy}/toxics/${name}`),
    ...(enable ? [`curl -d '{"enabled":true}' ${proxy}`] : []),
  ];
}

/** Whether a proxy shows what the act did to it. */
export function isActSeen(act: ProxyAct, state: ProxyState | undefined): boolean {
  if (state === undefined) return false;
  if (act.kind === 'disable') return !state.enabled;
  return state.toxics.some(({ name, type }) => name === act.name && type === act.toxic.type);
}

/** Takes a refusal that means that it is as wanted already. */
export async function orIsSo(status: 404 | 409, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ToxiproxyRefusal) || error.status !== status) throw error;
  }
}
