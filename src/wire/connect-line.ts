import type { ServerAccess } from '../contracts/load.js';
import { type NonceSigner, nonceSigner } from './nonce-signer.js';
import type { ServerInfo } from './server-info.js';

export interface ClientManners {
  /** What the server's /connz shows. */
  readonly name: string;
  /** Whether the server sends this connection its own messages back. */
  readonly echo: boolean;
}

/** The CONNECT with which a client answers a server's INFO: who it is, how it proves it, what it understands. */
export function connectLine(info: ServerInfo, access: ServerAccess, { name, echo }: ClientManners): string {
  return `CONNECT ${JSON.stringify({
    verbose: false,
    pedantic: false,
    headers: true,
    no_responders: true,
    protocol: 1,
    lang: 'stormglass',
    version: '1',
    name,
    echo,
    user: access.user,
    pass: access.password,
    auth_token: access.token,
    ...signed(info, access),
  })}\r\n`;
}

function signed({ nonce }: ServerInfo, access: ServerAccess): Record<string, string> {
  const { nkeySeed, jwt } = access;
  if (nkeySeed === undefined) return {};
  const signer = signerOf(nkeySeed);
  return {
    // A server knows the user of a JWT by the JWT.
    ...(jwt === undefined ? { nkey: signer.publicKey } : { jwt }),
    // A server that asks nobody who they are gives nothing to sign.
    ...(nonce !== undefined && { sig: signer.sign(nonce) }),
  };
}

/** Decoding a seed takes much longer than signing with it, and thousands of connections may share one. */
const signers = new Map<string, NonceSigner>();

function signerOf(seed: string): NonceSigner {
  let signer = signers.get(seed);
  if (signer === undefined) {
    signer = nonceSigner(seed);
    signers.set(seed, signer);
  }
  return signer;
}
