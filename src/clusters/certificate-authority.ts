import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { wallNow } from '../base/clock.js';

/** PEM texts. */
export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface IssueOptions {
  /** Names and IPv4 addresses that the certificate is for; none for a client. */
  readonly hosts?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** Longer than any run. */
const VALID_MS = 30 * 86_400_000;
/** For clocks that are not quite equal. */
const EARLIER_MS = 3_600_000;

/** A CA of one run: its key is in memory only, and gone with it. */
export class CertificateAuthority {
  /** PEM; what those who trust this CA are given. */
  readonly certificate: string;
  readonly #name: string;
  readonly #privateKey: KeyObject;
  readonly #encode: typeof import('./issue-certificate.js').issueCertificate;

  private constructor(name: string, encode: typeof import('./issue-certificate.js').issueCertificate) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#name = name;
    this.#privateKey = privateKey;
    this.#encode = encode;
    this.certificate = encode({
      name,
      publicKey,
      issuer: { name, privateKey },
      ...validity({}),
      isCa: true,
    });
  }

  static async create(name: string): Promise<CertificateAuthority> {
    // Loaded when it is needed: few runs speak TLS.
    const { issueCertificate } = await import('./issue-certificate.js');
    return new CertificateAuthority(name, issueCertificate);
  }

  /** A certificate with its private key; valid for 30 days from now unless told. */
  issue(name: string, options: IssueOptions = {}): IssuedCertificate {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const cert = this.#encode({
      name,
      publicKey,
      issuer: { name: this.#name, privateKey: this.#privateKey },
      ...validity(options),
      hosts: options.hosts ?? [],
    });
    return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  }
}

function validity({ notBefore, notAfter }: IssueOptions): { notBefore: Date; notAfter: Date } {
  const now = wallNow().getTime();
  return {
    notBefore: notBefore ?? new Date(now - EARLIER_MS),
    notAfter: notAfter ?? new Date(now + VALID_MS),
  };
}
