import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CertificateAuthority,
  type IssuedCertificate,
  type IssueOptions,
} from '../../src/clusters/certificate-authority.js';
import type { TlsAccess } from '../../src/contracts/load.js';

export const DAY_MS = 86_400_000;

/** A CA for a test, and the files of what it issues. */
export interface TestAuthority {
  readonly ca: string;
  readonly caFile: string;
  issue(name: string, options?: IssueOptions): IssuedCertificate;
  /** A server's certificate for 127.0.0.1 and localhost unless told, as `tls` of its settings. */
  serverTls(more?: Record<string, unknown>, options?: IssueOptions): Record<string, unknown>;
  /** What a client needs that shows a certificate. */
  clientTls(options?: IssueOptions): TlsAccess;
}

let issued = 0;

export async function testAuthority(directory: string): Promise<TestAuthority> {
  const authority = await CertificateAuthority.create(`test CA ${++issued}`);
  const write = (name: string, text: string): string => {
    const file = join(directory, `${issued++}-${name}`);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const caFile = write('ca.crt', authority.certificate);
  return {
    ca: authority.certificate,
    caFile,
    issue: (name, options) => authority.issue(name, options),
    serverTls(more = {}, options = {}) {
      const { cert, key } = authority.issue('server', { hosts: ['127.0.0.1', 'localhost'], ...options });
      return {
        cert_file: write('server.crt', cert),
        key_file: write('server.key', key),
        ca_file: caFile,
        ...more,
      };
    },
    clientTls: (options) => ({ ca: authority.certificate, ...authority.issue('client', options) }),
  };
}
