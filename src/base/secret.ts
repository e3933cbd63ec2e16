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

/** Names whose values are secrets wherever they stand: in scenarios, in settings of nats-server, as headers. */
const SECRET_NAMES =
  /^(password|pass|passwd|token|auth_token|access_token|x-auth-token|secret|nkey|creds|jwt|(proxy-)?authorization|(set-)?cookie|(x-)?api-?key)$/i;

/** Common words elsewhere, and secrets in nats-server's settings. */
const SECRET_SETTINGS = /^(seed|key|ek|encryption_key|prev_key|prev_encryption_key)$/i;

/**
 * `nats://user:password@host`: all up to the last `@` of its authority. A password that holds a slash ends that too early
 * for a URL, and is a secret all the same; what follows `host:port/` is none.
 */
const USER_INFO = /(\w:\/\/)(?:[^/\s]+|[^/\s@:]*:(?!\d+(?:[/?#,]|$))[^\s,]*)@/g;

/** `password:`, `"password":` in a value that is a map itself. */
const KEY_IN_VALUE = /([\w-]+)["']?\s*:/g;

const isSecretSetting = (key: string): boolean => SECRET_NAMES.test(key) || SECRET_SETTINGS.test(key);

/** A text with the credentials in its URLs masked. */
export const maskUserInfo = (text: string): string => text.replace(USER_INFO, `$1${SECRET_MASK}@`);

/** What was given as the address of a server, with or without a scheme, and may have credentials in it. */
export const maskAddress = (text: string): string => text.replace(/^(\w+:\/\/)?.*@/s, `$1${SECRET_MASK}@`);

/** A JSON replacer: a text under a name that says that it is secret is masked. */
export function maskSecrets(key: string, value: unknown): unknown {
  return typeof value === 'string' && SECRET_NAMES.test(key) ? SECRET_MASK : value;
}

/** `cluster.auth.password=…` without its value; any other assignment as it stands. */
export function maskAssignment(assignment: string): string {
  const [path = ''] = assignment.split('=', 1);
  const value = assignment.slice(path.length + 1);
  const steps = path.split(/[.[\]"]+/);
  const isSecretName = steps[0] === 'cluster' ? isSecretSetting : (name: string) => SECRET_NAMES.test(name);
  const isSecret =
    steps.some(isSecretName) ||
    [...value.matchAll(KEY_IN_VALUE)].some(([, key]) => isSecretName(key as string));
  return isSecret ? `${path}=${SECRET_MASK}` : maskUserInfo(assignment);
}

/** Settings with every secret among them as a Secret. */
export function hideSecrets(value: unknown, key = ''): unknown {
  if (typeof value === 'string') {
    return isSecretSetting(key) || maskUserInfo(value) !== value ? new Secret(value) : value;
  }
  if (Array.isArray(value)) return value.map((item) => hideSecrets(item, key));
  if (typeof value !== 'object' || value === null || value instanceof Secret) return value;
  return Object.fromEntries(Object.entries(value).map(([inner, item]) => [inner, hideSecrets(item, inner)]));
}
