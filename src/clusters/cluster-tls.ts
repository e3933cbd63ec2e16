import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TlsAccess } from '../contracts/load.js';
import { CertificateAuthority } from './certificate-authority.js';
import type { TlsParams } from './process-cluster-schema.js';
import { HOST } from './server-settings.js';

/** What the servers of a cluster, and its clients, need to speak TLS. */
export interface ClusterTls {
  /** `tls` of a server's settings, for clients and for routes. */
  readonly settings: { readonly clients: Record<string, unknown>; readonly routes: Record<string, unknown> };
  readonly access: TlsAccess;
}

/**
 * Makes a CA, one certificate for all servers and one for clients, in `directory`, where nobody else may read them.
 * The key of the CA is kept nowhere.
 *
 * @param routeHosts the names by which servers know each other, where that is not 127.0.0.1
 */
export async function setUpTls(
  directory: string,
  { verify }: TlsParams,
  routeHosts: readonly string[] = [],
): Promise<ClusterTls> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const authority = await CertificateAuthority.create('stormglass run CA');
  const server = authority.issue('stormglass server', { hosts: [HOST, 'localhost', ...routeHosts] });
  const client = authority.issue('stormglass client');
  const files = {
    'ca.crt': authority.certificate,
    'server.crt': server.cert,
    'server.key': server.key,
    // For a person who wants to look into the cluster while it runs, with the `nats` command.
    'client.crt': client.cert,
    'client.key': client.key,
  };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(directory, name), text, { mode: 0o600 });
  }
  const settings = {
    cert_file: join(directory, 'server.crt'),
    key_file: join(directory, 'server.key'),
    ca_file: join(directory, 'ca.crt'),
  };
  return {
    settings: { clients: { ...settings, verify }, routes: { ...settings, verify: true } },
    access: { ca: authority.certificate, ...(verify && client) },
  };
}
