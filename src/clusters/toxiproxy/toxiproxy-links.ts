import { messageOf } from '../../base/errors.js';
import type { LinkEvent } from '../../contracts/cluster.js';
import type { Direction, LinkControl, LinkEffect, LinkLook } from '../../contracts/links.js';
import type { ServerAddress } from '../../contracts/load.js';
import type { RestoreLinks, UndoHandlers } from '../../contracts/undo.js';
import {
  actsByProxy,
  isActSeen,
  type LaidEffect,
  layOutEffect,
  orIsSo,
  type ProxyAct,
  restoreRecords,
  toxicName,
} from './laid-effect.js';
import { directionsOf, directionText, type LinkProxy, STREAMS } from './link-proxy.js';
import { type NewProxy, type ProxyState, ToxiproxyApi, ToxiproxySilence } from './toxiproxy-api.js';

/** What a proxy shows; `undefined` where there is none of that name. */
type ProxyStates = (proxy: LinkProxy) => ProxyState | undefined;

/** A revival has laid on, or left off, what a call was to. */
const DONE = async (): Promise<void> => {};

export interface ToxiproxyLinksOptions {
  /** Begins the name of every toxic: the run's id. */
  readonly mark: string;
  /** The proxies as they are now; those of somebody else's, too: they are never made, moved or deleted. */
  readonly proxies: () => readonly LinkProxy[];
  /** The undo record in whose undoing these links go, where they are ours. */
  readonly within?: string;
  /** Brings back a Toxiproxy that does not answer, with its proxies and nothing on them; absent where it is not ours. */
  readonly revive?: (url: string) => Promise<void>;
  readonly onEvent?: (event: LinkEvent) => void;
}

/** Links whose every direction runs through a proxy of a Toxiproxy. Calls are carried out one after the other. */
export class ToxiproxyLinks implements LinkControl {
  readonly #options: ToxiproxyLinksOptions;
  readonly #apis = new Map<string, ToxiproxyApi>();
  readonly #held = new Map<string, LaidEffect>();
  /** Lifted ones, and those that could not be applied: they are still looked at, and lifted again. */
  readonly #past = new Map<string, LaidEffect>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ToxiproxyLinksOptions) {
    this.#options = options;
  }

  get directions(): readonly Direction[] {
    return directionsOf(this.#options.proxies());
  }

  undoRecords(
    effectId: string,
    directions: readonly Direction[],
    effect: LinkEffect,
  ): readonly RestoreLinks[] {
    const { within } = this.#options;
    const laid = this.#layOut(effectId, directions, effect);
    return restoreRecords(laid, { what: effectText(effect), ...(within !== undefined && { within }) });
  }

  /** What lifts an effect while the run lives: it leaves a proxy disabled that another effect holds so. */
  readonly undoHandlers: Pick<UndoHandlers, 'restore-links'> = {
    'restore-links': async ({ effect }) => {
      await this.lift(effect);
      const { isLifted, saw } = await this.look(effect);
      if (!isLifted) throw new Error(saw);
      return saw;
    },
  };

  apply(effectId: string, directions: readonly Direction[], effect: LinkEffect): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#held.has(effectId)) throw new RangeError(`${effectId} lies on links already`);
      const laid = this.#layOut(effectId, directions, effect);
      this.#held.set(effectId, laid);
      try {
        await this.#orRevive(() => this.#lay(laid), DONE);
      } catch (error) {
        // All of it or nothing; what cannot be taken off now is known to whoever lifts it.
        this.#held.delete(effectId);
        this.#past.set(effectId, laid);
        await this.#remove(laid).catch(() => {});
        throw error;
      }
    });
  }

  lift(effectId: string): Promise<void> {
    return this.#inTurn(async () => {
      const laid = this.#held.get(effectId) ?? this.#past.get(effectId);
      if (laid === undefined) return;
      // From here on a Toxiproxy that is replaced comes back without it.
      this.#held.delete(effectId);
      this.#past.set(effectId, laid);
      await this.#orRevive(() => this.#remove(laid), DONE);
    });
  }

  look(effectId: string): Promise<LinkLook> {
    return this.#inTurn(async () => {
      const read = () => this.#read();
      return this.#judge(effectId, await this.#orRevive(read, read));
    });
  }

  /** Brings a Toxiproxy back with every effect that holds; for who sees it end before a call does. */
  bringBack(url: string, why: string, isNeeded: () => boolean): Promise<void> {
    return this.#inTurn(async () => {
      if (isNeeded()) await this.#revive(url, why);
    });
  }

  /** Gives a Toxiproxy of ours proxies beside those it has; one that is brought back meanwhile comes with them. */
  addProxies(url: string, proxies: readonly NewProxy[]): Promise<void> {
    return this.#inTurn(() => this.#orRevive(() => this.#api(url).createProxies(proxies), DONE));
  }

  async entrance({ from, to }: Direction): Promise<ServerAddress | undefined> {
    const proxy = this.#options.proxies().find((each) => each.from === from && each.to === to);
    const listen = proxy && (await this.#api(proxy.url).read()).get(proxy.name)?.listen;
    const parts = listen && /^\[?(.*?)\]?:(\d+)$/.exec(listen);
    return parts ? { host: parts[1] as string, port: Number(parts[2]) } : undefined;
  }

  /** Carries something out that must not meet a call or a revival. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {});
    return mine;
  }

  #layOut(id: string, directions: readonly Direction[], effect: LinkEffect): LaidEffect {
    return layOutEffect(id, directions, effect, {
      mark: this.#options.mark,
      proxies: this.#options.proxies(),
    });
  }

  async #lay(laid: LaidEffect): Promise<void> {
    await forEachProxy(laid, async (act) => {
      const { url, name } = act.proxy;
      if (act.kind === 'disable') await this.#api(url).setEnabled(name, false);
      // Laid anew after a call that was given up, it may be there.
      else await orIsSo(409, this.#api(url).addToxic(name, act.name, act.stream, act.toxic));
    });
  }

  async #remove(laid: LaidEffect): Promise<void> {
    await forEachProxy(laid, async (act) => {
      const { url, name } = act.proxy;
      if (act.kind === 'toxic')
        await orIsSo(404, this.#api(url).removeToxic(name, act.name, act.removalTakesMs));
      else if (!this.#isDisabledBeside(laid.id, act.proxy)) await this.#api(url).setEnabled(name, true);
    });
  }

  /** Whether another effect holds the proxy disabled. */
  #isDisabledBeside(effectId: string, { url, name }: LinkProxy): boolean {
    return [...this.#held.values()]
      .filter(({ id }) => id !== effectId)
      .some(({ acts }) =>
        acts.some(({ kind, proxy }) => kind === 'disable' && proxy.url === url && proxy.name === name),
      );
  }

  /**
   * A Toxiproxy of ours that does not answer is replaced, with what is held then, and `afterwards` is done; one of
   * somebody else's is an error.
   */
  async #orRevive<T>(work: () => Promise<T>, afterwards: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ToxiproxySilence) || this.#options.revive === undefined) throw error;
      await this.#revive(error.url, error.message);
      return await afterwards();
    }
  }

  async #revive(url: string, why: string): Promise<void> {
    const { revive, onEvent } = this.#options;
    onEvent?.({ what: 'lost', detail: why });
    try {
      await revive?.(url);
      for (const laid of this.#held.values()) await this.#lay(this.#partAt(laid, url));
    } catch (error) {
      const detail = `what stands on the links could not be replaced: ${messageOf(error)}`;
      onEvent?.({ what: 'broken', detail });
      throw new Error(detail, { cause: error });
    }
    const effects = [...this.#held.keys()];
    const again = effects.length === 0 ? 'no effect held' : `${effects.join(', ')} laid on anew`;
    onEvent?.({ what: 'replaced', detail: `Toxiproxy at ${url} runs again: ${again}` });
  }

  #partAt({ id, acts }: LaidEffect, url: string): LaidEffect {
    return { id, acts: acts.filter(({ proxy }) => proxy.url === url) };
  }

  async #read(): Promise<ProxyStates> {
    const urls = [...new Set(this.#options.proxies().map(({ url }) => url))];
    const pages = await Promise.all(urls.map(async (url) => [url, await this.#api(url).read()] as const));
    const byUrl = new Map(pages);
    return ({ url, name }) => byUrl.get(url)?.get(name);
  }

  #judge(effectId: string, stateOf: ProxyStates): LinkLook {
    const { mark, proxies } = this.#options;
    const held = this.#held.get(effectId);
    const laid = held ?? this.#past.get(effectId);
    const names = STREAMS.map((stream) => toxicName(mark, effectId, stream));
    const toxics = proxies().flatMap((proxy) =>
      (stateOf(proxy)?.toxics ?? [])
        .filter(({ name }) => names.includes(name))
        .map(({ type, stream }) => `${type} ${stream} of ${directionText(proxy)}`),
    );
    const disabled = (laid?.acts ?? [])
      .filter((act) => act.kind === 'disable' && isActSeen(act, stateOf(act.proxy)))
      // Of what is lifted, only that which no other effect holds.
      .filter(({ proxy }) => held !== undefined || !this.#isDisabledBeside(effectId, proxy))
      .map(({ proxy }) => `${directionText(proxy)} refused`);
    const seen = [...toxics, ...disabled];
    const missing = held?.acts.filter((act) => !isActSeen(act, stateOf(act.proxy))).length ?? 0;
    const saw = seen.length === 0 ? [`no proxy has anything of ${effectId}`] : seen;
    return {
      isApplied: held !== undefined && missing === 0,
      isLifted: seen.length === 0,
      saw: [...saw, ...(missing > 0 ? [`${missing} missing`] : [])].join(', '),
    };
  }

  #api(url: string): ToxiproxyApi {
    const api = this.#apis.get(url) ?? new ToxiproxyApi(url);
    this.#apis.set(url, api);
    return api;
  }
}

/** Proxies at once, what is done to one of them one after the other; waits for all before it rejects. */
async function forEachProxy(laid: LaidEffect, act: (act: ProxyAct) => Promise<void>): Promise<void> {
  const outcomes = await Promise.allSettled(
    actsByProxy(laid).map(async (acts) => {
      for (const each of acts) await act(each);
    }),
  );
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  // One that does not answer can be replaced, whatever another said.
  if (failures.length > 0)
    throw failures.find((failure) => failure instanceof ToxiproxySilence) ?? failures[0];
}

const effectText = (effect: LinkEffect): string =>
  effect.kind === 'cut' ? `the cut (${effect.how})` : `the effect ${effect.kind}`;
