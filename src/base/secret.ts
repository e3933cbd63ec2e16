/** What stands in the place of a secret wherever it would be seen. */
export const SECRET_MASK = '(secret)';

/** A text that nobody must see: whoever prints it, writes it as JSON or throws it in an error gets a mask. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself, for the one who needs it. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return SECRET_MASK;
  }

  toJSON(): string {
    return SECRET_MASK;
  }
}

/** Names of keys whose values are secrets, in scenarios and in nats-server's settings. */
const SECRET_KEYS =
  /^(password|pass|passwd|token|auth_token|secret|seed|nkey|creds|jwt|key|ek|encryption_key|prev_key|prev_encryption_key)$/i;

/** `nats://user:password@host` */
const USER_INFO = /(\w:\/\/)[^/\s@]+@/g;

/** `password:`, `"password":` in a value that is a map itself. */
const KEY_IN_VALUE = /([\w-]+)["']?\s*:/g;

export const isSecretKey = (key: string): boolean => SECRET_KEYS.test(key);

/** A text with the credentials in its URLs masked. */
export const maskUserInfo = (text: string): string => text.replace(USER_INFO, `$1${SECRET_MASK}@`);

/** `cluster.auth.password=…` without its value; any other assignment as it stands. */
export function maskAssignment(assignment: string): string {
  const [path = ''] = assignment.split('=', 1);
  const value = assignment.slice(path.length + 1);
  const steps = path.split(/[.[\]"]+/);
  const isSecret =
    // `key` and the like are common words outside of a cluster's settings.
    steps.some((step) => isSecretKey(step) && (steps[0] === 'cluster' || step !== 'key')) ||
    (steps[0] === 'cluster' &&
      [...value.matchAll(KEY_IN_VALUE)].some(([, key]) => isSecretKey(key as string)));
  return isSecret ? `${path}=${SECRET_MASK}` : maskUserInfo(assignment);
}

/** Settings with every secret among them as a Secret. */
export function hideSecrets(value: unknown, key = ''): unknown {
  if (typeof value === 'string') {
    return isSecretKey(key) || maskUserInfo(value) !== value ? new Secret(value) : value;
  }
  if (Array.isArray(value)) return value.map((item) => hideSecrets(item, key));
  if (typeof value !== 'object' || value === null || value instanceof Secret) return value;
  return Object.fromEntries(Object.entries(value).map(([inner, item]) => [inner, hideSecrets(item, inner)]));
}
