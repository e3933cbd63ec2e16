import { encodeAccount, encodeOperator, encodeUser, fmtCreds, type OperatorLimits } from '@nats-io/jwt';
import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys';
import type { ClusterAccounts, Identity } from './cluster-accounts.js';

const NO_LIMITS: OperatorLimits = {
  subs: -1,
  data: -1,
  payload: -1,
  imports: -1,
  exports: -1,
  wildcards: true,
  conn: -1,
  leaf: -1,
};

const JETSTREAM_LIMITS: OperatorLimits = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };

/**
 * An operator with two accounts and a user in each, as JWTs that the servers hold in memory. The keys of the operator
 * and of the accounts are kept nowhere: nobody can issue anything more in their name.
 */
export async function setUpOperator(jetstream: boolean): Promise<ClusterAccounts> {
  const operator = createOperator();
  const [events, system] = [createAccount(), createAccount()];
  const eventsLimits = { ...NO_LIMITS, ...(jetstream && JETSTREAM_LIMITS) };
  const eventsJwt = await encodeAccount('EVENTS', events, { limits: eventsLimits }, { signer: operator });
  const systemJwt = await encodeAccount('SYSTEM', system, { limits: NO_LIMITS }, { signer: operator });
  const [eventsUser, systemUser] = [await userOf('events', events), await userOf('system', system)];
  return {
    settings: {
      operator: await encodeOperator('stormglass', operator, { system_account: system.getPublicKey() }),
      system_account: system.getPublicKey(),
      resolver: 'MEMORY',
      resolver_preload: { [events.getPublicKey()]: eventsJwt, [system.getPublicKey()]: systemJwt },
    },
    events: eventsUser.identity,
    system: systemUser.identity,
    files: { 'events.creds': eventsUser.creds, 'system.creds': systemUser.creds },
  };
}

async function userOf(name: string, account: KeyPair): Promise<{ identity: Identity; creds: string }> {
  const user = createUser();
  const jwt = await encodeUser(name, user, account);
  return {
    identity: { jwt, nkeySeed: Buffer.from(user.getSeed()).toString() },
    creds: Buffer.from(fmtCreds(jwt, user)).toString(),
  };
}
