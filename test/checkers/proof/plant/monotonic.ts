import { NS } from '../../../../src/base/clock.js';
import type { Stream, World } from '../world.js';
import { ackedPairs } from './acked-publishes.js';
import { type Planter, plantersOf } from './planter.js';

const { violation, allowed } = plantersOf('monotonic');

type Look = Stream['looks'][number];

interface LookAt {
  readonly stream: Stream;
  readonly i: number;
  readonly look: Look;
}

const looksWhere =
  (is: (look: Look, i: number, looks: readonly Look[]) => boolean) =>
  (world: World): LookAt[] =>
    world.streams.flatMap((stream) =>
      stream.looks.flatMap((look, i, looks) => (is(look, i, looks) ? [{ stream, i, look }] : [])),
    );

const withMessages = looksWhere(({ lastSequence }) => lastSequence > 0);
const withMessagesAndMoreToCome = looksWhere(
  ({ lastSequence }, i, looks) => lastSequence > 0 && i < looks.length - 1,
);

/** Looks again, a microsecond later each, before the next look. */
const lookAgain = ({ stream, i, look }: LookAt, ...seen: readonly Partial<Look>[]): void => {
  const more = seen.map((each, n) => ({ ...look, atNs: look.atNs + (n + 1) * NS.us, ...each }));
  stream.looks.splice(i + 1, 0, ...more);
};

export const MONOTONIC_PLANTERS: readonly Planter[] = [
  violation('the last sequence fell', withMessages, (place) => {
    lookAgain(place, { lastSequence: place.look.lastSequence - 1 });
    return { fell: 1 };
  }),
  allowed('a new leader answered before it had applied everything', withMessagesAndMoreToCome, (place) => {
    lookAgain(place, { leader: 'n9', lastSequence: place.look.lastSequence - 1 });
    return { lateLeader: 1 };
  }),
  allowed(
    'a replica answered while nobody led, with less than another had',
    withMessagesAndMoreToCome,
    ({ look: { leader: _, ...look }, ...place }) => {
      lookAgain({ ...place, look }, {}, { lastSequence: look.lastSequence - 1 });
      return { lateLeader: 1 };
    },
  ),
  violation(
    'a stream vanished',
    ({ streams }) => streams,
    ({ looks }) => {
      const last = looks.at(-1)!;
      looks.push({ ...last, atNs: last.atNs + NS.s, exists: false });
      return { vanished: 1 };
    },
  ),
  allowed(
    'a server said that there was no stream, and there was',
    looksWhere((_, i, looks) => i < looks.length - 1),
    (place) => {
      lookAgain(place, { exists: false });
      return { saidGone: 1 };
    },
  ),
  violation(
    'a stream was created anew',
    looksWhere((_, i) => i > 0),
    ({ stream, i }) => {
      stream.looks = stream.looks.map((look, at) =>
        at < i ? look : { ...look, created: '2026-01-02T00:00:00Z' },
      );
      return { createdAnew: 1 };
    },
  ),
  violation(
    'an acknowledgement named a sequence that had been named before',
    (world) =>
      ackedPairs(world, (a, b) => a.stream === b.stream && a.operation.doneNs + NS.ms < b.operation.sentNs),
    ({ a, b }) => {
      b.operation.streamSequence = a.operation.streamSequence;
      return { acknowledgedLower: 1 };
    },
  ),
];
