/** What a user JWT says of itself, unverified: for messages, never for a decision about trust. */
export interface UserJwtClaims {
  readonly name?: string;
  /** `U…` */
  readonly publicKey?: string;
  /** Milliseconds since the epoch; absent when it does not expire. */
  readonly expiresAtMs?: number;
}

/** Reads the claims of a JWT; undefined when it is none. */
export function readUserJwt(jwt: string): UserJwtClaims | undefined {
  const [, body, signature, ...more] = jwt.split('.');
  if (!body || !signature || more.length > 0) return undefined;
  try {
    const { name, sub, exp } = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as {
      name?: string;
      sub?: string;
      exp?: number;
    };
    return {
      ...(name !== undefined && { name }),
      ...(sub !== undefined && { publicKey: sub }),
      ...(exp !== undefined && { expiresAtMs: exp * 1000 }),
    };
  } catch {
    return undefined;
  }
}
