import { type ClaimsData, decode } from '@nats-io/jwt';
import { fromSeed } from '@nats-io/nkeys';
import { wallNow } from '../../base/clock.js';

/** What a credentials file holds. */
export interface Credentials {
  readonly jwt: string;
  readonly nkeySeed: string;
}

/** A block between its lines of dashes; how many there are differs. */
const BLOCK = /-{3,}\s*BEGIN ([A-Z ]+?)\s*-{3,}\s*([\s\S]*?)\s*-{3,}\s*END [A-Z ]+?\s*-{3,}/g;

/**
 * The text of a credentials file (`.creds`): a user's JWT and its NKey seed. Throws an error that says what is wrong
 * with it, and repeats nothing of it.
 */
export function parseCredentials(text: string): Credentials {
  const blocks = [...text.matchAll(BLOCK)];
  const jwt = blocks.find(([, title]) => title?.includes('JWT'))?.[2];
  const seed = blocks.find(([, title]) => title?.includes('SEED'))?.[2];
  if (jwt === undefined || seed === undefined) {
    const lack = jwt === undefined ? (seed === undefined ? 'neither' : 'no user JWT') : 'no NKey seed';
    throw new Error(
      `holds no credentials: expected a user JWT and an NKey seed between BEGIN and END lines, found ${lack}`,
    );
  }
  const claims = readClaims(jwt);
  const publicKey = publicKeyOf(seed);
  if (claims.sub !== publicKey) {
    throw new Error(`holds the JWT of one user (${claims.sub}) and the seed of another (${publicKey})`);
  }
  const { exp } = claims;
  if (exp !== undefined && exp * 1000 < wallNow().getTime()) {
    throw new Error(`holds credentials that expired at ${new Date(exp * 1000).toISOString()}`);
  }
  return { jwt, nkeySeed: seed };
}

/** The text of an NKey file: the seed of a user, alone or after comments. Throws an error that does not repeat it. */
export function parseNkeySeed(text: string): string {
  if (/BEGIN [A-Z ]*JWT/.test(text)) {
    throw new Error('holds credentials, JWT and all: give it as creds-file (--creds)');
  }
  const seed = text.split(/\s+/).find((word) => /^S[A-Z2-7]{20,}$/.test(word));
  if (seed === undefined) throw new Error('holds no NKey seed, which begins with SU');
  publicKeyOf(seed);
  return seed;
}

function readClaims(jwt: string): ClaimsData<unknown> {
  try {
    return decode(jwt);
  } catch {
    throw new Error('holds a JWT that is damaged');
  }
}

/** `U…` of a user's seed. */
function publicKeyOf(seed: string): string {
  let key: string;
  try {
    key = fromSeed(Buffer.from(seed)).getPublicKey();
  } catch {
    throw new Error('holds an NKey seed that is damaged');
  }
  if (!key.startsWith('U')) {
    const holder = { A: 'an account', O: 'an operator', N: 'a server', C: 'a cluster' }[key[0] as 'A'];
    throw new Error(`holds the seed of ${holder ?? 'something else'}, not of a user`);
  }
  return key;
}
