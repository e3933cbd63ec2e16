import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { wallNow } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Checks the text of a CA file: one or more certificates, of which at least one is valid now. */
export function checkCa(text: string): void {
  const certificates = readCertificates(text);
  // A bundle of many may have some that are past.
  const problems = certificates.map(validityProblem);
  if (problems.every((problem) => problem !== undefined)) throw new Error(problems[0]);
}

/** Checks the text of a client's certificate, the first of its chain; throws an error that says what is wrong. */
export function checkCertificate(text: string): void {
  const problem = validityProblem(readCertificates(text)[0] as X509Certificate);
  if (problem !== undefined) throw new Error(problem);
}

/** Checks the text of a private key, against the certificate where there is one that can be read. */
export function checkKey(text: string, certificateText: string | undefined): void {
  const key = readKey(text);
  const [pem] = certificateText?.match(CERTIFICATE) ?? [];
  if (pem !== undefined && !new X509Certificate(pem).checkPrivateKey(key)) {
    throw new Error('is not the private key of the certificate');
  }
}

function readCertificates(text: string): X509Certificate[] {
  const blocks = text.match(CERTIFICATE);
  if (blocks === null) {
    throw new Error('holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----');
  }
  return blocks.map((block) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw new Error(`holds a certificate that is damaged: ${messageOf(error)}`);
    }
  });
}

function validityProblem({ validFrom, validTo, subject }: X509Certificate): string | undefined {
  const now = wallNow();
  const holder = subject.replaceAll('\n', ', ');
  if (new Date(validTo) < now) return `holds a certificate (${holder}) that expired on ${validTo}`;
  if (new Date(validFrom) > now)
    return `holds a certificate (${holder}) that is not valid before ${validFrom}`;
  return undefined;
}

function readKey(text: string): KeyObject {
  if (/ENCRYPTED/.test(text)) {
    throw new Error('is encrypted: decrypt it, such as with `openssl pkey -in … -out …`');
  }
  try {
    return createPrivateKey(text);
  } catch {
    throw new Error('holds no private key in PEM, which begins with -----BEGIN PRIVATE KEY-----');
  }
}
