import { createUser } from '@nats-io/nkeys';
import { freshId } from '../base/ids.js';
import type { ServerAccess } from '../contracts/load.js';
import type { AuthKind } from './process-cluster-schema.js';

/** Who somebody is to the servers. */
export type Identity = Pick<ServerAccess, 'user' | 'password' | 'nkeySeed' | 'jwt'>;

/** The two accounts of a cluster: one for the load, and the system's, in which the servers report events. */
export interface ClusterAccounts {
  /** What a server's settings say of them. */
  readonly settings: Record<string, unknown>;
  readonly events: Identity;
  readonly system: Identity;
  /** Files for a person who wants to look into the cluster with the `nats` command, by name. */
  readonly files: Readonly<Record<string, string>>;
}

const EVENTS_USER = 'events';
const SYSTEM_USER = 'system';

/** Makes the users of a cluster, with secrets of its own. */
export async function setUpAccounts(auth: AuthKind, jetstream: boolean): Promise<ClusterAccounts> {
  if (auth === 'jwt') {
    // Loaded when it is needed: few runs have an operator.
    const { setUpOperator } = await import('./cluster-operator.js');
    return setUpOperator(jetstream);
  }
  return auth === 'nkey' ? nkeyAccounts(jetstream) : passwordAccounts(auth, jetstream);
}

function passwordAccounts(auth: 'none' | 'user', jetstream: boolean): ClusterAccounts {
  const [events, system] = [EVENTS_USER, SYSTEM_USER].map((user) => ({
    user,
    password: freshId() + freshId(),
  })) as [Identity, Identity];
  return {
    settings: {
      ...twoAccounts(events, system, jetstream),
      ...(auth === 'none' && { no_auth_user: EVENTS_USER }),
    },
    events: auth === 'none' ? {} : events,
    system,
    files: {},
  };
}

function nkeyAccounts(jetstream: boolean): ClusterAccounts {
  const [events, system] = [createUser(), createUser()];
  const seedOf = (pair: typeof events): string => Buffer.from(pair.getSeed()).toString();
  return {
    settings: twoAccounts({ nkey: events.getPublicKey() }, { nkey: system.getPublicKey() }, jetstream),
    events: { nkeySeed: seedOf(events) },
    system: { nkeySeed: seedOf(system) },
    files: { 'events.nk': seedOf(events), 'system.nk': seedOf(system) },
  };
}

function twoAccounts(events: object, system: object, jetstream: boolean): Record<string, unknown> {
  return {
    accounts: {
      EVENTS: { users: [events], ...(jetstream && { jetstream: 'enabled' }) },
      SYSTEM: { users: [system] },
    },
    system_account: 'SYSTEM',
  };
}
