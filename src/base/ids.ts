import { randomBytes } from 'node:crypto';
import { wallNow } from './clock.js';

/** A short id that two runs on the same machine will not share: eight hexadecimal digits. */
export function freshId(): string {
  return randomBytes(4).toString('hex');
}

/** `20261122T095400Z`: a UTC time that sorts by name and is legal in every file system. */
export function compactUtc(at: Date = wallNow()): string {
  return `${at.toISOString().replace(/[-:]/g, '').slice(0, 15)}Z`;
}
