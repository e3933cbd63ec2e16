import { type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';
import {
  Boolean as Asn1Boolean,
  Set as Asn1Set,
  BitString,
  Constructed,
  fromBER,
  Integer,
  ObjectIdentifier,
  OctetString,
  Primitive,
  Sequence,
  UTCTime,
  Utf8String,
} from 'asn1js';

export interface CertificateOptions {
  /** Its holder: what stands as CN. */
  readonly name: string;
  readonly publicKey: KeyObject;
  /** Who signs; its own holder with its own key makes it self-signed. */
  readonly issuer: { readonly name: string; readonly privateKey: KeyObject };
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** It may issue others. */
  readonly isCa?: boolean;
  /** Names and IPv4 addresses that it stands for. */
  readonly hosts?: readonly string[];
}

const OID = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

/**
 * An X.509 certificate (RFC 5280) in PEM, signed with ECDSA over SHA-256, for holders of P-256 keys. One that is no
 * CA's serves both ends of a connection: a server of a cluster is a client of its neighbours.
 */
export function issueCertificate(options: CertificateOptions): string {
  const { name, publicKey, issuer, notBefore, notAfter, isCa = false, hosts = [] } = options;
  const body = sequence(
    tagged(0, new Integer({ value: 2 })),
    Integer.fromBigInt(BigInt(`0x7f${randomBytes(15).toString('hex')}`)),
    signatureAlgorithm(),
    distinguishedName(issuer.name),
    sequence(time(notBefore), time(notAfter)),
    distinguishedName(name),
    fromBER(publicKey.export({ type: 'spki', format: 'der' })).result,
    tagged(
      3,
      sequence(
        extension(OID.basicConstraints, isCa ? sequence(new Asn1Boolean({ value: true })) : sequence(), true),
        extension(OID.keyUsage, isCa ? CERTIFICATE_SIGN : DIGITAL_SIGNATURE, true),
        ...(isCa
          ? []
          : [extension(OID.extendedKeyUsage, sequence(oid(OID.serverAuth), oid(OID.clientAuth)))]),
        ...(hosts.length === 0
          ? []
          : [extension(OID.subjectAltName, sequence(...hosts.map(alternativeName)))]),
      ),
    ),
  );
  const signature = sign('sha256', Buffer.from(body.toBER()), issuer.privateKey);
  return pem(sequence(body, signatureAlgorithm(), new BitString({ valueHex: bytesOf(signature) })));
}

type Asn1Value =
  | Sequence
  | Integer
  | ObjectIdentifier
  | BitString
  | Primitive
  | ReturnType<typeof fromBER>['result'];

const sequence = (...value: Asn1Value[]): Sequence => new Sequence({ value });

const oid = (value: string): ObjectIdentifier => new ObjectIdentifier({ value });

/** `[n] EXPLICIT` */
const tagged = (tagNumber: number, value: Asn1Value): Constructed =>
  new Constructed({ idBlock: { tagClass: 3, tagNumber }, value: [value] });

const signatureAlgorithm = (): Sequence => sequence(oid(OID.ecdsaWithSha256));

const distinguishedName = (name: string): Sequence =>
  sequence(new Asn1Set({ value: [sequence(oid(OID.commonName), new Utf8String({ value: name }))] }));

/** Until 2049, which is far enough. */
const time = (valueDate: Date): UTCTime => new UTCTime({ valueDate });

/** Bit strings of named bits: the first byte that counts is preceded by how many of its last bits do not. */
const CERTIFICATE_SIGN = new BitString({ valueHex: bytesOf(Buffer.of(0b0000_0110)), unusedBits: 1 });
const DIGITAL_SIGNATURE = new BitString({ valueHex: bytesOf(Buffer.of(0b1000_0000)), unusedBits: 7 });

function extension(id: string, value: Asn1Value, critical = false): Sequence {
  return sequence(
    oid(id),
    ...(critical ? [new Asn1Boolean({ value: true })] : []),
    new OctetString({ valueHex: value.toBER() }),
  );
}

/** `[2] dNSName` or `[7] iPAddress` of a subject's alternative names. */
function alternativeName(host: string): Primitive {
  const [tagNumber, bytes] = isIPv4(host)
    ? [7, Buffer.from(host.split('.').map(Number))]
    : [2, Buffer.from(host, 'ascii')];
  return new Primitive({ idBlock: { tagClass: 3, tagNumber }, valueHex: bytesOf(bytes) });
}

function bytesOf(buffer: Buffer): ArrayBuffer {
  return Uint8Array.from(buffer).buffer;
}

function pem(certificate: Sequence): string {
  const lines =
    Buffer.from(certificate.toBER())
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
