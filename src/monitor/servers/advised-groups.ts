import type { ToldAdvisory } from '../../nats/advisories.js';
import type { JszDetail } from '../../nats/jsz-detail.js';
import { consumerKey, streamKey } from './group-key.js';
import { type GroupName, META_GROUP } from './group-views.js';

/** Which Raft group an advisory is about: it names servers and accounts by their ids, pages tell what those are called. */
export class AdvisedGroups {
  /** Names of servers, by their ids in the meta group. */
  readonly #servers = new Map<string, string>();
  /** Names of accounts, by id. */
  readonly #accounts = new Map<string, string>();

  learn({ meta_cluster: meta, account_details: accounts = [] }: JszDetail): void {
    if (meta?.leader && meta.peer) this.#servers.set(meta.peer, meta.leader);
    for (const { name, peer } of meta?.replicas ?? []) if (peer) this.#servers.set(peer, name);
    for (const { name, id } of accounts) if (id) this.#accounts.set(id, name);
  }

  /**
   * @param heardIn the account in which it was heard; undefined where that is not known
   * @returns undefined where it is about no group
   */
  groupOf(
    { kind, stream = '', consumer = '', account: id }: ToldAdvisory,
    heardIn: string | undefined,
  ): GroupName | undefined {
    const [scope] = kind.split('.');
    if (scope === 'DOMAIN') return META_GROUP;
    if (stream === '') return undefined;
    const account = (id === undefined ? heardIn : (this.#accounts.get(id) ?? id)) ?? '';
    if (scope === 'STREAM') {
      return { key: streamKey(account, stream), kind: 'stream', account, stream, consumer: '' };
    }
    if (scope !== 'CONSUMER' || consumer === '') return undefined;
    return { key: consumerKey(account, stream, consumer), kind: 'consumer', account, stream, consumer };
  }

  /** The elected one, by its name; undefined where that is not known. */
  leaderOf({ kind, leader }: ToldAdvisory): string | undefined {
    return leader !== undefined && kind.startsWith('DOMAIN.')
      ? this.#servers.get(leader)
      : leader || undefined;
  }
}
