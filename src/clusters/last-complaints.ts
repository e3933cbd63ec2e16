import { join } from 'node:path';
import { lastLines } from '../processes/log-tail.js';

/** A server writes a line each time that it is asked whether it is well: what it complained of is long before those. */
const MOST_BYTES = 1024 * 1024;
/** As nats-server writes them: `[12] 2026/01/01 00:00:00.000000 [ERR] text`, the gravest first. */
const LEVELS = [/ \[(?:ERR|FTL)\] (.*)$/, / \[WRN\] (.*)$/];
/** That it was asked in vain whether it is well is no cause. */
const NO_CAUSE = /^Healthcheck failed/;

/**
 * What each server complained of last in its log, for a cluster that never came up: the logs go with a run that never began.
 * `undefined` when none complained.
 */
export function lastComplaints(logDir: string, names: readonly string[]): string | undefined {
  const complaints = names.flatMap((name) => {
    const lines = lastLines(join(logDir, `${name}.log`), {
      count: Number.POSITIVE_INFINITY,
      mostBytes: MOST_BYTES,
    });
    const last = LEVELS.map((level) => lastOf(lines, level)).find((text) => text !== undefined);
    return last === undefined ? [] : [`${name}: ${last}`];
  });
  return complaints.length === 0 ? undefined : `the servers' logs say: ${complaints.join('; ')}`;
}

function lastOf(lines: readonly string[], level: RegExp): string | undefined {
  const texts = lines.map((line) => level.exec(line)?.[1]);
  return texts.findLast((text) => text !== undefined && !NO_CAUSE.test(text));
}
