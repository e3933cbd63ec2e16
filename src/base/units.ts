import { NS } from './nanoseconds.js';

/**
 * Quantities with their units, as scenarios write them. Every parser returns `undefined` for what it does not
 * understand, so that the caller can say where it stood.
 */

const DURATION_PARTS = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)/gy;
const DURATION_NS: Record<string, number> = {
  ns: 1,
  us: NS.us,
  µs: NS.us,
  ms: NS.ms,
  s: NS.s,
  m: NS.min,
  h: NS.h,
  d: 24 * NS.h,
};

/** `30s`, `1m30s`, `250ms`, `1.5s` → nanoseconds. */
export function parseDuration(text: string): number | undefined {
  let total = 0;
  let end = 0;
  DURATION_PARTS.lastIndex = 0;
  for (let part = DURATION_PARTS.exec(text); part; part = DURATION_PARTS.exec(text)) {
    total += Number(part[1]) * (DURATION_NS[part[2] as string] as number);
    end = DURATION_PARTS.lastIndex;
  }
  return end > 0 && end === text.length ? Math.round(total) : undefined;
}

const SCALE: Record<string, number> = { '': 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9 };

/** `250k`, `1M`, `1.5k`, `100` → a number. */
export function parseCount(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([kKMG]?)$/.exec(text);
  return match ? Number(match[1]) * (SCALE[match[2] as string] as number) : undefined;
}

/** `1M/s`, `250k/s`, `600/m`, `5k/s` → operations a second. */
export function parseRate(text: string): number | undefined {
  const match = /^(.+)\/(s|m|h)$/.exec(text);
  const count = match && parseCount(match[1] as string);
  if (count === null || count === undefined) return undefined;
  return count / (match?.[2] === 'm' ? 60 : match?.[2] === 'h' ? 3600 : 1);
}

const SIZE_BYTES: Record<string, number> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** `16B`, `64KiB`, `1.5MB` → bytes. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(B|KB|MB|GB|KiB|MiB|GiB)$/.exec(text);
  return match ? Math.round(Number(match[1]) * (SIZE_BYTES[match[2] as string] as number)) : undefined;
}

/** `200MiB/s`, `1.5GB/m` → bytes a second. */
export function parseByteRate(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(B|KB|MB|GB|KiB|MiB|GiB)\/(s|m|h)$/.exec(text);
  if (!match) return undefined;
  const [, count, unit, per] = match as unknown as [string, string, string, string];
  return (Number(count) * (SIZE_BYTES[unit] as number)) / (per === 'm' ? 60 : per === 'h' ? 3600 : 1);
}

/** `5%`, `0.1%` → a ratio. */
export function parsePercentage(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(text);
  return match ? Number(match[1]) / 100 : undefined;
}

const trim = (value: number, digits: number): string => String(Number(value.toPrecision(digits)));

/** Nanoseconds for people, three significant digits: `812 ns`, `1.24 ms`, `15.3 s`, `2m 05s`. */
export function formatDuration(ns: number): string {
  const size = Math.abs(ns);
  if (!Number.isFinite(ns)) return ns > 0 ? '∞' : '–';
  if (size < 999.5) return `${trim(ns, 3)} ns`;
  if (size < 999.5e3) return `${trim(ns / NS.us, 3)} µs`;
  if (size < 999.5e6) return `${trim(ns / NS.ms, 3)} ms`;
  if (size < 119.5e9) return `${trim(ns / NS.s, 3)} s`;
  const seconds = Math.round(ns / NS.s);
  return `${Math.floor(seconds / 60)}m ${String(Math.abs(seconds % 60)).padStart(2, '0')}s`;
}

/** A number for people, three significant digits: `999`, `12.3k`, `1.02M`. */
export function formatCount(value: number): string {
  const size = Math.abs(value);
  if (size < 999.5) return trim(value, 3);
  if (size < 999.5e3) return `${trim(value / 1e3, 3)}k`;
  if (size < 999.5e6) return `${trim(value / 1e6, 3)}M`;
  return `${trim(value / 1e9, 4)}G`;
}

/** Operations a second for people: `20k/s`. */
export function formatRate(perSec: number): string {
  return `${formatCount(perSec)}/s`;
}

/** Bytes for people, binary units: `512 B`, `1.5 MiB`. */
export function formatSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let value = bytes;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${trim(value, 3)} ${units[unit]}`;
}

/** Bytes a second for people: `200 MiB/s`. */
export function formatByteRate(bytesPerSec: number): string {
  return `${formatSize(bytesPerSec)}/s`;
}

/** A whole number with thousands separated, whatever the locale: `1,204,311`. */
export function formatInteger(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** A ratio as a percentage for people: `0.04 %`. */
export function formatRatio(ratio: number): string {
  return `${trim(ratio * 100, 3)} %`;
}

/** Seconds since a start, as a stopwatch shows them: `0:45`, `12:05`, `1:02:05`; before it, `−0:05`. */
export function formatStopwatch(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds));
  const sign = seconds <= -1 ? '−' : '';
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const pad = (part: number): string => String(part).padStart(2, '0');
  return `${sign}${h > 0 ? `${h}:${pad(m)}` : m}:${pad(s)}`;
}
