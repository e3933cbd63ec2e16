import { Toxiproxy, ToxiproxyError } from 'toxiproxy-node-client';
import { messageOf } from '../../base/errors.js';
import { withDeadline } from '../../base/wait.js';
import type { Toxic } from './effect-toxic.js';
import type { ProxyStream } from './link-proxy.js';

/** Toxiproxy answers within milliseconds, or hangs for good: where a toxic goes under load, or a reader stands still. */
const CALL_MS = 3_000;

/** It does not answer: it hangs, or is not there. */
export class ToxiproxySilence extends Error {
  constructor(
    readonly url: string,
    options: ErrorOptions,
  ) {
    super(`Toxiproxy at ${url} does not answer: ${messageOf(options.cause)}`, options);
  }
}

/** It answers, and will not do it. */
export class ToxiproxyRefusal extends Error {
  constructor(
    /** Of HTTP: 404 where there is no such proxy or toxic, 409 where there is one already. */
    readonly status: number,
    what: string,
    options: ErrorOptions,
  ) {
    super(`Toxiproxy will not ${what}: status ${status}`, options);
  }
}

export interface NewProxy {
  readonly name: string;
  /** `127.0.0.1:14222` */
  readonly listen: string;
  readonly upstream: string;
}

export interface ProxyState {
  readonly enabled: boolean;
  /** `127.0.0.1:14222` */
  readonly listen: string;
  readonly toxics: readonly { readonly name: string; readonly type: string; readonly stream: string }[];
}

/**
 * What is asked of one Toxiproxy; every call has a deadline. Rejects with a ToxiproxySilence or a ToxiproxyRefusal. The
 * client builds paths of names as they are, so names must be fit for a URL.
 */
export class ToxiproxyApi {
  readonly #client: Toxiproxy;

  constructor(readonly url: string) {
    this.#client = new Toxiproxy(url);
  }

  /** Whatever it says, it is there. */
  async greet(): Promise<void> {
    await this.#call('tell its version', this.#client.getVersion());
  }

  /** Leaves those alone that it has already. `takesMs`: how long that may last. */
  async createProxies(proxies: readonly NewProxy[], takesMs = CALL_MS): Promise<void> {
    if (proxies.length === 0) return;
    const bodies = proxies.map(({ name, listen, upstream }) => ({ name, listen, upstream, enabled: true }));
    await this.#call('make the proxies', this.#client.populate(bodies), takesMs);
  }

  async addToxic(proxy: string, name: string, stream: ProxyStream, toxic: Toxic): Promise<void> {
    const body = { name, stream, toxicity: 1, ...toxic };
    await this.#call(`add ${name} to ${proxy}`, this.#client.api.post(`${this.#path(proxy)}/toxics`, body));
  }

  /** `takesMs`: how long that may last with reason. */
  async removeToxic(proxy: string, name: string, takesMs = 0): Promise<void> {
    const path = `${this.#path(proxy)}/toxics/${name}`;
    await this.#call(`take ${name} off ${proxy}`, this.#client.api.delete(path), CALL_MS + takesMs);
  }

  /** One that is disabled has ended its connections, and refuses new ones. */
  async setEnabled(proxy: string, enabled: boolean): Promise<void> {
    const what = `${enabled ? 'enable' : 'disable'} ${proxy}`;
    await this.#call(what, this.#client.api.post(this.#path(proxy), { enabled }));
  }

  /** Every proxy it has, by name. The client's own reading leaves the toxics out. */
  async read(takesMs = CALL_MS): Promise<ReadonlyMap<string, ProxyState>> {
    const page = this.#client.api.get<Record<string, ProxyState>>(`${this.url}/proxies`);
    return new Map(Object.entries((await this.#call('tell its proxies', page, takesMs)).data));
  }

  #path(proxy: string): string {
    return `${this.url}/proxies/${proxy}`;
  }

  /** The client knows no deadlines; what it asked of one that hangs ends with that one's process. */
  async #call<T>(what: string, work: Promise<T>, ms = CALL_MS): Promise<T> {
    try {
      return await withDeadline(work, ms, what);
    } catch (cause) {
      // The client tells the status in its message alone.
      const status = cause instanceof ToxiproxyError && /status code (\d+)/.exec(cause.message)?.[1];
      if (status) throw new ToxiproxyRefusal(Number(status), what, { cause });
      throw new ToxiproxySilence(this.url, { cause });
    }
  }
}
