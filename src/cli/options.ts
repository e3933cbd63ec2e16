import { InvalidArgumentError } from 'commander';

/** Gathers an option that may be given several times. */
export const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

export function parseSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed)) {
    throw new InvalidArgumentError('a seed is a whole number from 0 to 9007199254740991.');
  }
  return seed;
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) {
    throw new InvalidArgumentError('a port is a whole number up to 65535; 0 takes any that is free.');
  }
  return port;
}

export function parseAssignment(text: string, before: readonly string[] = []): string[] {
  if (!/^[^=]+=/.test(text))
    throw new InvalidArgumentError('expected path=value, such as load.orders.rate=1k/s.');
  return [...before, text];
}

export function collectParams(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) {
    throw new InvalidArgumentError('expected key=value, such as signal=SIGTERM.');
  }
  return { ...before, [key]: value };
}
