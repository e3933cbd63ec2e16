import { NS } from '../../base/clock.js';

/** Quantities as a scenario writes them, such that reading them gives exactly the same again. */

/** Whole nanoseconds → `30s`, `1.5s`, `250ms`. */
export function writeDuration(ns: number): string {
  for (const [unit, size] of [
    ['s', NS.s],
    ['ms', NS.ms],
    ['us', NS.us],
  ] as const) {
    if (ns % size === 0 && (ns > 0 || unit === 's')) return `${ns / size}${unit}`;
    // Above one of a unit, three digits behind the point are no harder to read than a smaller unit.
    if (ns > size && ns % (size / 1000) === 0) return `${ns / size}${unit}`;
  }
  return `${ns}ns`;
}

/** Operations a second → `5k/s`, `250/s`; by the hour where that is a whole number, else to a thousandth. */
export function writeRate(perSec: number): string {
  const whole = (per: number, of: string): string | undefined => {
    const count = perSec * per;
    if (!Number.isInteger(count)) return undefined;
    return count > 0 && count % 1000 === 0 ? `${count / 1000}k/${of}` : `${count}/${of}`;
  };
  return whole(1, 's') ?? whole(60, 'm') ?? whole(3600, 'h') ?? `${plain(perSec)}/s`;
}

/** Bytes → `64KiB`, `256B`. */
export function writeSize(bytes: number): string {
  for (const [unit, size] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (bytes > 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return `${bytes}B`;
}

/** Bytes a second → `200MiB/s`. */
export const writeByteRate = (bytesPerSec: number): string =>
  Number.isInteger(bytesPerSec) ? `${writeSize(bytesPerSec)}/s` : `${plain(bytesPerSec)}B/s`;

/** A ratio → `5%`. */
export const writePercentage = (ratio: number): string => `${Number((ratio * 100).toPrecision(12))}%`;

/** Never with an exponent. */
const plain = (value: number): string => value.toFixed(3).replace(/\.?0+$/, '');
