import { createPrivateKey, sign } from 'node:crypto';
import { fromSeed } from '@nats-io/nkeys';

/** Proves to a server that we hold an NKey, without telling the key. */
export interface NonceSigner {
  /** `U…` */
  readonly publicKey: string;
  /** The signature of a server's nonce, as CONNECT carries it. */
  sign(nonce: string): string;
}

/** What PKCS #8 puts before the 32 bytes of an Ed25519 key. */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** A seed is two bytes of prefix, the key, and a checksum. */
const KEY_STARTS = 2;
const KEY_BYTES = 32;

/**
 * Signs with the seed of an NKey. By node:crypto: tens of microseconds a signature, where the library takes
 * milliseconds, which a storm of connections would feel. Throws an error that does not repeat the seed.
 */
export function nonceSigner(seed: string): NonceSigner {
  let publicKey: string;
  try {
    publicKey = fromSeed(Buffer.from(seed)).getPublicKey();
  } catch {
    throw new RangeError('not the seed of an NKey');
  }
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_ED25519, decodeBase32(seed).subarray(KEY_STARTS, KEY_STARTS + KEY_BYTES)]),
    format: 'der',
    type: 'pkcs8',
  });
  return {
    publicKey,
    sign: (nonce) => sign(null, Buffer.from(nonce), key).toString('base64url'),
  };
}

function decodeBase32(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const letter of text) {
    held = ((held << 5) | BASE32.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 0xff);
  }
  return Buffer.from(bytes);
}
