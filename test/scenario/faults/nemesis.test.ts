import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS } from '../../../src/base/clock.js';
import type { FaultPlan } from '../../../src/contracts/plan/faults.js';
import type { TargetPlan } from '../../../src/contracts/plan/target.js';
import { planned, times, wrongWith } from './planned-faults.js';

const NEMESIS = `- at: 5s
  until: 60s
  quiet: 1s..3s
  at-most: 2
  nemesis:
    - { weight: 3, kind: node-kill, target: one, restart-after: 1s..4s }
    - { kind: node-pause, target: leader, for: 2s..6s }
    - { kind: latency, target: minority, for: 1s..9s, delay: 20ms }`;

const seeds = fc.nat({ max: 2 ** 32 - 1 });
const PARAMETERS = { seed: 20261122, numRuns: 60 };
const endNs = ({ atNs, forNs }: FaultPlan): number => atNs + forNs;
/** A role may be anybody's. */
const nodesOf = (target: TargetPlan): readonly string[] =>
  target.role === 'node' ? [target.node] : target.role === 'nodes' ? target.nodes : ['n1', 'n2', 'n3'];
const claimsProcess = ({ kind }: FaultPlan): boolean => kind !== 'latency';

describe('a nemesis', () => {
  it('keeps to its time, to its number at once, and rests before each', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const faults = planned(NEMESIS, { seed });
        expect(faults.length).toBeGreaterThan(5);
        for (const fault of faults) {
          expect(fault.atNs).toBeGreaterThanOrEqual(5 * NS.s);
          expect(endNs(fault)).toBeLessThanOrEqual(60 * NS.s);
          const holding = faults.filter((other) => other.atNs <= fault.atNs && endNs(other) > fault.atNs);
          expect(holding.length).toBeLessThanOrEqual(2);
        }
      }),
      PARAMETERS,
    );
  });

  it('never has two at once of which one node could be both, and never takes the quorum away', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const faults = planned(NEMESIS, { seed }).filter(claimsProcess);
        for (const [i, fault] of faults.entries()) {
          // Whoever leads may be any node, and two of three are too many.
          const beside = faults.slice(0, i).filter((other) => endNs(other) + NS.s > fault.atNs);
          expect(beside).toEqual([]);
        }
        const all = planned(NEMESIS, { seed });
        for (const { target, ...slow } of all.filter((fault) => !claimsProcess(fault))) {
          // Nobody could see how slow the links of a node are that is away.
          const beside = faults.filter(
            (other) => other.atNs < endNs({ target, ...slow }) && slow.atNs < endNs(other),
          );
          for (const other of beside)
            expect(nodesOf(other.target).some((n) => nodesOf(target).includes(n))).toBe(false);
        }
      }),
      PARAMETERS,
    );
  });

  it('may take the quorum away where that is allowed, and still hits no node twice at once', () => {
    const text = `- at: 5s
  until: 60s
  quiet: 1s
  at-most: 3
  nemesis: [{ kind: node-kill, target: one, restart-after: 5s..9s, allow-quorum-loss: true }]`;
    let most = 0;
    for (let seed = 0; seed < 10; seed++) {
      const faults = planned(text, { seed });
      for (const fault of faults) {
        const holding = faults.filter((other) => other.atNs <= fault.atNs && endNs(other) > fault.atNs);
        const nodes = holding.map(({ target }) => (target.role === 'node' ? target.node : ''));
        expect(new Set(nodes).size).toBe(nodes.length);
        most = Math.max(most, nodes.length);
      }
    }
    expect(most).toBeGreaterThan(1);
  });

  it('draws by weight', () => {
    const text = `- at: 1s
  until: 69s
  quiet: 100ms
  nemesis:
    - { weight: 9, kind: node-kill, target: one, restart-after: 100ms }
    - { kind: node-pause, target: one, for: 100ms }`;
    const kinds = planned(text).map(({ kind }) => kind);
    const kills = kinds.filter((kind) => kind === 'node-kill').length;
    expect(kinds.length).toBeGreaterThan(200);
    expect(kills / kinds.length).toBeGreaterThan(0.8);
    expect(kills / kinds.length).toBeLessThan(0.97);
  });

  it('keeps clear of the faults before it, and to the guards', () => {
    const before = '- { at: 10s, kind: node-kill, target: n1, restart-after: 40s }';
    const faults = planned(`${before}\n${NEMESIS}`, { seed: 3 });
    const drawn = faults.filter((fault) => fault.origin?.startsWith('faults[1]') && claimsProcess(fault));
    expect(drawn.every((fault) => endNs(fault) <= 10 * NS.s || fault.atNs >= 50 * NS.s)).toBe(true);
    const alone = planned(NEMESIS, { seed: 3 }, 'guards: { at-most: 1 }\n');
    expect(alone.every((fault, i) => i === 0 || endNs(alone[i - 1] as FaultPlan) <= fault.atNs)).toBe(true);
  });

  it.each([
    [
      'that is over before it begins',
      'at: 50s, until: 40s, nemesis: [{ kind: node-kill, target: one, restart-after: 1s }]',
      'faults[0].until: it would be over before it begins, at 50 s',
    ],
    [
      'that outlasts the load',
      'at: 5s, until: 80s, nemesis: [{ kind: node-kill, target: one, restart-after: 1s }]',
      'faults[0].until: the nemesis ends at 80 s, but the load ends at 70 s',
    ],
    [
      'without room for any of its faults',
      'at: 5s, until: 10s, nemesis: [{ kind: node-kill, target: one, restart-after: 8s }]',
      'faults[0].nemesis: none of these faults can be made in this time',
    ],
    [
      'that may only take what is needed',
      'at: 5s, until: 60s, nemesis: [{ kind: node-kill, target: majority, restart-after: 8s }]',
      'faults[0].nemesis: none of these faults can be made in this time',
    ],
    [
      'with a weight of nothing',
      'at: 5s, until: 60s, nemesis: [{ weight: 0, kind: node-kill, target: one, restart-after: 8s }]',
      'faults[0].nemesis[0].weight: expected a number above zero, but it is `0`',
    ],
    [
      'without an end',
      'at: 5s, nemesis: [{ kind: node-kill, target: one, restart-after: 8s }]',
      'faults[0].until: this key is missing',
    ],
  ])('%s is refused', (_, keys, message) => {
    const found = wrongWith(`- { ${keys} }`);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });
});

/** Entries of `faults` that go together in any order: short ones, apart by their place in the list. */
const entry = fc.record({
  form: fc.constantFrom('once', 'every', 'sequence', 'nemesis'),
  target: fc.constantFrom('one', 'minority', 'leader', 'follower(ORDERS)', 'n2'),
});

const entryText = ({ form, target }: { form: string; target: string }, i: number): string => {
  const at = `${1 + 16 * i}s`;
  const kill = `kind: node-kill, target: ${target}, restart-after: 100ms..900ms`;
  switch (form) {
    case 'once':
      return `- { at: ${at}, ${kill} }`;
    case 'every':
      return `- { at: ${at}, every: 2s..3s, times: 4, ${kill} }`;
    case 'sequence':
      return `- { at: ${at}, sequence: [{ ${kill} }, { after-end: 1s, ${kill} }] }`;
    default:
      return `- { at: ${at}, until: ${15 + 16 * i}s, quiet: 1s..2s, nemesis: [{ ${kill} }, { weight: 2, kind: node-pause, target: one, for: 1s }] }`;
  }
};

describe('what is drawn', () => {
  it('is the same for the same seed, and does not change for what stands before when something is added', () => {
    fc.assert(
      fc.property(seeds, fc.array(entry, { minLength: 2, maxLength: 4 }), (seed, entries) => {
        const texts = entries.map(entryText);
        const all = planned(texts.join('\n'), { seed });
        expect(planned(texts.join('\n'), { seed })).toEqual(all);
        const fewer = planned(texts.slice(0, -1).join('\n'), { seed });
        expect(all.slice(0, fewer.length)).toEqual(fewer);
      }),
      PARAMETERS,
    );
  });

  it('does not change either when what is added is due before', () => {
    const drawsOf = (faults: readonly FaultPlan[]) => faults.map(({ id: _, follows: __, ...draws }) => draws);
    fc.assert(
      fc.property(seeds, (seed) => {
        const late =
          '- { at: 30s, every: 5s..6s, times: 4, kind: node-kill, target: one, restart-after: 1s..3s }';
        const early = '- { at: 2s, kind: node-kill, target: one, restart-after: 2s }';
        const [first, ...rest] = planned(`${late}\n${early}`, { seed });
        expect(first?.atNs).toBe(2 * NS.s);
        // Only a name of its own tells one of several apart from one alone.
        expect(drawsOf(rest)).toEqual(drawsOf(planned(late, { seed })));
      }),
      PARAMETERS,
    );
  });

  it('differs for another seed', () => {
    expect(times(planned(NEMESIS, { seed: 1 }))).not.toEqual(times(planned(NEMESIS, { seed: 2 })));
  });
});
