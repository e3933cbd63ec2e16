import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Workplace } from '../support/cli.js';

/** A shop that the test opens and closes. */
let open = true;
const shop = createServer((_, response) => {
  response.writeHead(open ? 200 : 503).end(open ? 'open' : 'closed');
});
let url = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/`;
});
afterAll(() => {
  shop.closeAllConnections();
  shop.close();
});
beforeEach(() => {
  open = true;
});

/** @param steadySeconds how long a system may take to be steady */
const scenario = (probe: object, steadySeconds = 20) => `version: 1
name: shop
seed: 7
cluster: { driver: process, nodes: 3 }
events:
  subject: cim.events.{domain}.{type}
  mix: [{ domain: orders, types: { Placed: 1 }, size: 64B }]
streams: [{ name: ORDERS, subjects: [cim.events.orders.>], replicas: 3 }]
load: [{ name: orders, kind: js-publish, domains: [orders], rate: 50/s, for: 8s, max-lateness: 60s }]
steady-state:
  every: 200ms
  probes: [${JSON.stringify({ name: 'shop', kind: 'http', url, ...probe })}]
limits: { steady: ${steadySeconds}s }
monitor: { port: 0 }
`;

const summaryOf = (stdout: string) => JSON.parse(stdout);

describe('the probes of a scenario', () => {
  it('are looked at before, meanwhile and after', async () => {
    await using place = new Workplace();
    const file = place.write('shop.yaml', scenario({ contains: 'open' }));
    const { code, stdout } = await place.run(['run', file, '--json', '--out', place.reports]);
    expect(code).toBe(0);
    const [probe] = summaryOf(stdout).probes;
    expect(probe).toMatchObject({ name: 'shop', kind: 'http', throughout: false, longestAwayNs: 0 });
    expect(probe.steady.looks).toBeGreaterThan(1);
    expect(probe.steady.held).toBe(probe.steady.looks);
    expect(await place.leftovers()).toEqual([]);
  });

  it('keep a run from beginning that is not steady before it', async () => {
    await using place = new Workplace();
    open = false;
    const file = place.write('shop.yaml', scenario({}, 2));
    const { code, stderr } = await place.run(['run', file, '--out', place.reports]);
    expect(code).toBe(3);
    // Of the cluster itself, too, something may still be missing by then.
    expect(stderr).toMatch(/not steady before the load: .*shop: status 503, not 200/);
    expect(place.runDirs()).toEqual([]);
    expect(await place.leftovers()).toEqual([]);
  });

  it('fail a run in which one does not hold though no fault explains it', async () => {
    await using place = new Workplace();
    const file = place.write('shop.yaml', scenario({}));
    const run = place.start(['run', file, '--json', '--out', place.reports]);
    await place.phase('load');
    open = false;
    const { code, stdout } = await run.ended;
    expect(code).toBe(6);
    const { verdict, probes } = summaryOf(stdout);
    const texts = verdict.reasons.map(({ text }: { text: string }) => text);
    expect(texts).toContain('the probe shop did not hold, with no fault to explain it: status 503, not 200');
    expect(texts.join()).toMatch(/not steady .* after the load: shop: status 503/);
    expect(probes[0]).toMatchObject({ missed: 'status 503, not 200' });
  });

  it('are refused where they cannot be read, with the line', async () => {
    await using place = new Workplace();
    const file = place.write('shop.yaml', scenario({ kind: 'htpp' }));
    const { code, stderr } = await place.run(['validate', file]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/shop\.yaml:12:\d+: steady-state\.probes\[0\]\.kind: there is no kind `htpp`/);
    expect(stderr).toContain('Did you mean `http`?');
  });
});
