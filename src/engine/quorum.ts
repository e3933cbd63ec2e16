import type { RaftGroup } from '../contracts/control.js';
import type { Impact } from '../contracts/fault.js';

/**
 * The groups that nobody could lead while all of this holds together: none of their peers is up and reaches, both
 * ways, a majority of the peers, itself among them. Who is in a group and not in any impact counts as up. Of what hits
 * one node at a time, each node is reckoned with alone, at its worst with the others.
 */
export function groupsWithoutQuorum(
  groups: readonly RaftGroup[],
  impacts: readonly Impact[],
): readonly RaftGroup[] {
  const moments = impacts.reduce<Moment[]>(
    (before, impact) => before.flatMap((moment) => stages(impact).map((stage) => together(moment, stage))),
    [{ down: new Set(), cut: new Set() }],
  );
  return groups.filter(({ peers }) => moments.some((moment) => !canBeLed(peers, moment)));
}

/** Who is away, and which ways no data takes, at the same time. */
interface Moment {
  readonly down: ReadonlySet<string>;
  readonly cut: ReadonlySet<string>;
}

function stages({ down, cuts, oneAtATime }: Impact): Moment[] {
  const cut = new Set(cuts.map(({ from, to }) => way(from, to)));
  if (!oneAtATime || down.length === 0) return [{ down: new Set(down), cut }];
  return down.map((node) => ({ down: new Set([node]), cut }));
}

const together = (a: Moment, b: Moment): Moment => ({
  down: new Set([...a.down, ...b.down]),
  cut: new Set([...a.cut, ...b.cut]),
});

function canBeLed(peers: readonly string[], { down, cut }: Moment): boolean {
  const up = peers.filter((peer) => !down.has(peer));
  const majority = Math.floor(peers.length / 2) + 1;
  return up.some((leader) => {
    const reached = up.filter(
      (peer) => peer === leader || (!cut.has(way(leader, peer)) && !cut.has(way(peer, leader))),
    );
    return reached.length >= majority;
  });
}

const way = (from: string, to: string): string => JSON.stringify([from, to]);
