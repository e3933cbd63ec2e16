import { abortAfter } from '../base/abort-after.js';
import { messageOf } from '../base/errors.js';
import type { RestoreLinks } from '../contracts/undo.js';

/** Its API can hang where a toxic is removed under load. */
const CALL_MS = 3_000;

/**
 * Takes an effect off a Toxiproxy's proxies by what it may have put there; what is not there any more needs no removing.
 * Spoken in plain HTTP: the watchdog starts with every run and loads as little as it can.
 */
export async function restoreLinks({ url, proxies }: RestoreLinks): Promise<string> {
  for (const { proxy, toxics, enable } of proxies) {
    const path = `/proxies/${encodeURIComponent(proxy)}`;
    for (const toxic of toxics) await call(url, 'DELETE', `${path}/toxics/${encodeURIComponent(toxic)}`);
    if (enable) await call(url, 'POST', path, { enabled: true });
    const left = (await call(url, 'GET', path)) as ProxyPage | undefined;
    const still = left?.toxics.filter(({ name }) => toxics.includes(name)) ?? [];
    if (still.length > 0) throw new Error(`${proxy} still has ${still.map(({ name }) => name).join(', ')}`);
    if (enable && left?.enabled === false) throw new Error(`${proxy} is still disabled`);
  }
  return `${proxies.length} ${proxies.length === 1 ? 'proxy is' : 'proxies are'} as before`;
}

interface ProxyPage {
  readonly enabled: boolean;
  readonly toxics: readonly { readonly name: string }[];
}

/** `undefined` for what is not there. */
async function call(url: string, method: string, path: string, body?: object): Promise<unknown> {
  const { status, ok, text } = await abortAfter(CALL_MS, async (signal) => {
    const response = await fetch(new URL(path, url), {
      method,
      redirect: 'error',
      signal,
      // Toxiproxy refuses those that come from a browser.
      headers: { 'user-agent': 'stormglass', 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, ok: response.ok, text: await response.text() };
  }).catch((error: unknown) => {
    throw new Error(`Toxiproxy at ${url} does not answer: ${messageOf(error)}`, { cause: error });
  });
  if (status === 404) return undefined;
  if (!ok) throw new Error(`Toxiproxy: ${method} ${path}: ${status} ${text.slice(0, 200)}`);
  return text === '' ? undefined : JSON.parse(text);
}
