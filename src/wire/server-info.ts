import { WireProtocolError } from './protocol-error.js';

/** What the server says of itself; only the fields that are used. */
export interface ServerInfo {
  readonly server_id: string;
  readonly server_name: string;
  readonly version: string;
  readonly max_payload: number;
  readonly headers?: boolean;
  readonly auth_required?: boolean;
  /** What an NKey has to sign. */
  readonly nonce?: string;
  readonly tls_required?: boolean;
  readonly tls_available?: boolean;
  readonly client_id?: number;
  readonly cluster?: string;
  /** Lame duck mode: the server is about to leave, and takes no new connections. */
  readonly ldm?: boolean;
}

/** The JSON of an INFO. Throws a WireProtocolError when it is none. */
export function parseServerInfo(json: string): ServerInfo {
  try {
    return JSON.parse(json) as ServerInfo;
  } catch {
    const bytes = Buffer.from(json);
    throw new WireProtocolError('an INFO that is not JSON', bytes, 0, bytes.length);
  }
}
