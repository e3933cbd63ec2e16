import { appendFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/base/errors.js';
import { scenarioText, Workplace } from '../support/cli.js';

let place: Workplace;
/** Of a run that passed. */
let passed: string;

beforeAll(async () => {
  place = new Workplace();
  const load =
    '[{ name: orders, kind: js-publish, domains: [orders], rate: 200/s, for: 1s, max-lateness: 30s }]';
  const file = place.write(
    'short.yaml',
    scenarioText({ cluster: '{ driver: process, nodes: 1 }', load, streams: STREAM }),
  );
  const { code, stderr } = await place.run(['run', file, '--out', place.reports]);
  expect([code, stderr]).toEqual([EXIT.ok, expect.any(String)]);
  passed = place.runDir();
});
afterAll(() => place[Symbol.asyncDispose]());

const STREAM = '[{ name: ORDERS, subjects: [cim.events.orders.>], replicas: 1 }]';

/** A copy of that run, with another verdict in its journal. */
function told(name: string, verdict: object | undefined): string {
  const dir = join(place.root, name);
  mkdirSync(dir);
  cpSync(join(passed, 'plan.json'), join(dir, 'plan.json'));
  writeFileSync(join(dir, 'journal.ndjson'), '');
  if (verdict === undefined) return dir;
  const event = { time: '2026-11-22T10:00:00.000Z', type: 'verdict', ...verdict };
  appendFileSync(join(dir, 'journal.ndjson'), `${JSON.stringify(event)}\n`);
  return dir;
}

describe('stormglass shrink refuses, before anything is started,', () => {
  it.each([
    ['a run that passed', () => passed, 'passed: there is no failure to make smaller'],
    ['a folder that is no run', () => place.root, 'plan.json is not there'],
    ['a run that was killed', () => told('killed', undefined), /no verdict[\s\S]* --replay \/\S+\/killed\n/],
    [
      'a run that was interrupted',
      () => told('interrupted', { exit: 'interrupted', code: 130, headline: '' }),
      'was interrupted before it came to its end',
    ],
    [
      'a run that was inconclusive',
      () => told('inconclusive', { exit: 'inconclusive', code: 7, headline: '' }),
      'was inconclusive',
    ],
    [
      'a run that left something behind',
      () => told('unreverted', { exit: 'unreverted', code: 8, headline: '' }),
      'each repetition would do so again',
    ],
  ])('%s', async (_, dir, says) => {
    const { code, stderr } = await place.run(['shrink', dir()]);
    expect(code).toBe(EXIT.usage);
    expect(stderr).toMatch(says);
  });
});

describe('a failure that does not come again', () => {
  it('is said to be inconclusive, and is not looked for once more unless asked', async () => {
    const dir = told('once', { exit: 'safety', code: 5, headline: 'safety violated' });
    const first = await place.run(['shrink', dir, '--repeat', '1', '--json']);
    expect([first.code, first.stderr]).toEqual([
      EXIT.inconclusive,
      expect.stringContaining('not reproduced'),
    ]);
    expect(JSON.parse(first.stdout)).toMatchObject({
      exit: 'inconclusive',
      original: { fails: 0, runs: 1 },
    });
    // What a run has shown stands in the log: nothing is run again.
    const second = await place.run(['shrink', dir, '--repeat', '1']);
    expect(second.code, second.stderr).toBe(EXIT.inconclusive);
    expect(second.stderr).toContain('goes on: 1 run of before known');
    expect(second.stderr).not.toContain('run 1:');
    expect(await place.leftovers()).toEqual([]);
  });
});
