import { NS } from '../base/nanoseconds.js';

const DAY = 24 * NS.h;
/** Longest first, as Prometheus wants them to follow each other. */
const UNITS = [
  ['y', 365 * DAY],
  ['w', 7 * DAY],
  ['d', DAY],
  ['h', NS.h],
  ['m', NS.min],
  ['s', NS.s],
  ['ms', NS.ms],
] as const;

/** `1h30m`, `500ms`, `0` → nanoseconds; `undefined` for what is no duration of Prometheus. */
export function parsePrometheusDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const match = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text);
  if (match === null || text === '') return undefined;
  return UNITS.reduce((sum, [, ns], i) => sum + Number(match[i + 1] ?? 0) * ns, 0);
}

/** Nanoseconds as Prometheus writes them, to the millisecond. */
export function formatPrometheusDuration(ns: number): string {
  let left = Math.round(ns / NS.ms) * NS.ms;
  if (left === 0) return '0s';
  let text = '';
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size);
    if (count > 0) text += `${count}${unit}`;
    left -= count * size;
  }
  return text;
}

/** A time divided, to the millisecond; what is not zero does not become so. What is no duration stays as it is. */
export function dividePrometheusDuration(text: string, factor: number): string {
  const ns = parsePrometheusDuration(text);
  if (ns === undefined || ns === 0) return text;
  return formatPrometheusDuration(divideTime(ns, factor));
}

/** Nanoseconds divided, to the millisecond; what is not zero does not become so. */
export const divideTime = (ns: number, factor: number): number =>
  ns === 0 ? 0 : Math.max(NS.ms, Math.round(ns / factor / NS.ms) * NS.ms);
