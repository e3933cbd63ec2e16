import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ProcessIdentity } from '../../src/contracts/cluster.js';
import { identify } from '../../src/processes/identity.js';
import { leasePorts } from '../../src/processes/port-lease.js';
import { Workplace } from './cli.js';
import { leaseTestPorts, portClaimsOf } from './test-ports.js';

const self = identify(process.pid) as ProcessIdentity;

test('a port that one test has leased is given to no other, though nobody listens there', async () => {
  await using one = new Workplace();
  await using other = new Workplace();
  using lease = await leaseTestPorts(1);
  const firstPort = lease.ports[0] as number;
  const leaseIn = (place: Workplace) =>
    leasePorts(1, { stateDir: join(place.state, 'stormglass'), firstPort });
  using ofOne = await leaseIn(one);
  using ofOther = await leaseIn(other);
  expect(new Set([firstPort, ...ofOne.ports, ...ofOther.ports]).size).toBe(3);
});

test('whose the claims on ports are is known while they last, and nothing stays of them', async () => {
  const lease = await leaseTestPorts(2);
  expect(portClaimsOf([self]).map((claim) => Number(claim.split('.')[0]))).toEqual(
    expect.arrayContaining([...lease.ports]),
  );
  expect(portClaimsOf([{ ...self, startedAt: 'before' }])).toEqual([]);
  lease[Symbol.dispose]();
  expect(portClaimsOf([self])).toEqual([]);
});
