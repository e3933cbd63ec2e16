import { describe, expect, it } from 'vitest';
import { Partition } from '../../../src/monitor/partition/partition.js';

const DOMAINS = Array.from({ length: 300 }, (_, i) => `domain-${i}`);

const partitions = (of: number, together?: readonly (readonly string[])[], domainToken = 2) =>
  Array.from({ length: of }, (_, index) => new Partition({ index, of }, { domainToken, together }));

const ownersOf = (all: readonly Partition[], domain: string) =>
  all.flatMap((partition, i) => (partition.ownsDomain(domain) ? [i] : []));

describe('the share of one of several monitors', () => {
  it.each([1, 2, 3, 7])('is such that of %i each domain and each writer has one owner', (of) => {
    const all = partitions(of);
    const shares = new Array(of).fill(0);
    for (const domain of DOMAINS) {
      const owners = ownersOf(all, domain);
      expect(owners).toHaveLength(1);
      shares[owners[0]!]++;
    }
    // Fairly, as far as names allow.
    expect(Math.min(...shares)).toBeGreaterThan(DOMAINS.length / of / 2);
    for (let writer = 0; writer < 100; writer++) {
      expect(all.filter((partition) => partition.ownsWriter(writer))).toHaveLength(1);
    }
  });

  it('is the same by the subject, wherever that has its domain', () => {
    for (const [domainToken, subjectOf] of [
      [2, (domain: string) => `cim.events.${domain}.Placed.deeper`],
      [0, (domain: string) => `${domain}.events`],
      [1, (domain: string) => `cim.${domain}`],
    ] as const) {
      const all = partitions(3, undefined, domainToken);
      for (const domain of DOMAINS.slice(0, 50)) {
        const bytes = Buffer.from(`xx${subjectOf(domain)}yy`);
        for (const partition of all) {
          expect(partition.ownsSubject(bytes, 2, bytes.length - 2)).toBe(partition.ownsDomain(domain));
        }
      }
    }
  });

  it('has domains that belong together all or none', () => {
    const together = [DOMAINS.slice(0, 20), ['orders', 'billing', 'shipping']];
    const all = partitions(3, together);
    for (const group of together) {
      expect(new Set(group.map((domain) => ownersOf(all, domain).join())).size).toBe(1);
    }
  });

  it('is somebody’s even where a subject is too short to have a domain', () => {
    const bytes = Buffer.from('cim');
    const owners = partitions(3).filter((partition) => partition.ownsSubject(bytes, 0, bytes.length));
    expect(owners).toHaveLength(1);
  });
});
