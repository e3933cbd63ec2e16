import { messageOf, PreflightError } from '../../base/errors.js';
import type { LinkProxy } from '../toxiproxy/link-proxy.js';
import { type ProxyState, ToxiproxyApi } from '../toxiproxy/toxiproxy-api.js';

/** Looks that every proxy that was handed over is there and lets data pass. @throws PreflightError that names one that does not */
export async function requireProxies(proxies: readonly LinkProxy[]): Promise<void> {
  for (const url of new Set(proxies.map((proxy) => proxy.url))) {
    const states = await read(url);
    for (const { name } of proxies.filter((proxy) => proxy.url === url)) {
      const state = states.get(name);
      if (state?.enabled) continue;
      const found = state === undefined ? `has no proxy ${name}` : `has the proxy ${name} disabled`;
      throw new PreflightError(`Toxiproxy at ${url} ${found}`, {
        hint: `it has ${[...states.keys()].join(', ') || 'none'}: see toxiproxy in cluster.nodes`,
      });
    }
  }
}

async function read(url: string): Promise<ReadonlyMap<string, ProxyState>> {
  try {
    return await new ToxiproxyApi(url).read();
  } catch (error) {
    throw new PreflightError(messageOf(error), {
      cause: error,
      hint: 'see toxiproxy.url in cluster.nodes',
    });
  }
}
