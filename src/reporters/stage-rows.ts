import { formatByteRate, formatRate } from '../base/units.js';
import type { StageResult } from '../contracts/run-result.js';
import type { Summary } from '../contracts/summary.js';
import { plain } from './terminal-text.js';

/** Of each load whose rate changes: how far it was kept, and what got through beyond. */
export function stageRows({ loads }: Pick<Summary, 'loads'>): string[][] {
  return loads
    .flatMap(({ name, stages }) => (stages ? [[plain(name), stages] as const] : []))
    .map(([name, stages], index) => [index === 0 ? 'stages' : '', `${name} ${howFar(stages)}`]);
}

function howFar(stages: readonly StageResult[]): string {
  const kept = stages.filter(({ isKept }) => isKept);
  const missed = stages.filter(({ isKept }) => !isKept);
  const highest = kept.toSorted((a, b) => asked(b) - asked(a))[0];
  const upTo = highest && askedText(highest);
  const lowest = missed.toSorted((a, b) => asked(a) - asked(b))[0];
  if (lowest === undefined) return `kept every stage, up to ${upTo}`;
  const through = Math.max(...missed.map(throughOf));
  const rate = lowest.unit === 'bytes' ? formatByteRate : formatRate;
  return `${upTo === undefined ? 'kept no stage' : `kept ${upTo}`}; from ${askedText(lowest)} on ${rate(through)} at most got through`;
}

const asked = ({ fromPerSec, toPerSec }: StageResult): number => Math.max(fromPerSec, toPerSec);

const askedText = (stage: StageResult): string =>
  stage.unit === 'bytes' ? formatByteRate(asked(stage)) : formatRate(asked(stage));

const throughOf = ({ unit, okPerSec, okBytesPerSec }: StageResult): number =>
  unit === 'bytes' ? okBytesPerSec : okPerSec;
