import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FAULT_KINDS } from '../../src/app/plugins.js';
import type { CheckResult, CheckSet } from '../../src/contracts/checker.js';
import { FAILURE_CLASSES, type FailureClass } from '../../src/contracts/safety.js';
import { safetyVerdict } from '../../src/engine/safety-sentence.js';
import { whatFaultTests } from '../../src/engine/what-faults-test.js';

const check = (name: string, told: Partial<CheckResult> = {}): CheckResult => ({
  name,
  verdict: 'pass',
  sentence: `the sentence of ${name}`,
  counts: {},
  sets: [],
  examples: [],
  ...told,
});
const loss = (lost: number, told: Partial<CheckResult> = {}): CheckResult =>
  check('acked-loss', {
    verdict: lost > 0 ? 'fail' : 'pass',
    counts: { acknowledged: 1_204_311, lost },
    sets: lost > 0 ? [set('lost', 'violation', lost)] : [],
    ...told,
  });
const set = (name: string, meaning: CheckSet['meaning'], count: number): CheckSet => ({
  name,
  meaning,
  count,
  overTime: [[3, count]],
});
const made = (
  tests?: FailureClass,
  status: 'reverted' | 'no-effect' | 'failed' | 'unreverted' = 'reverted',
) => ({
  status,
  ...(tests && { tests }),
});
const CRASH = made('process-crash');
const sentenceOf = (...told: Parameters<typeof safetyVerdict>) => safetyVerdict(...told)?.sentence;

describe('the sentence on safety', () => {
  it('is none where nothing was checked', () => {
    expect(safetyVerdict([], [CRASH])).toBeUndefined();
  });

  it('says what was lost, what is allowed, and what that covers', () => {
    const duplicates = check('duplicates', {
      sets: [set('duplicated outside the dedupe window', 'allowed', 17)],
    });
    expect(sentenceOf([duplicates, loss(0)], [CRASH, made('partition')])).toBe(
      '0 of 1,204,311 acknowledged events lost; 17 duplicated outside the dedupe window (allowed); ' +
        'process-crash and partition safe, power loss not tested',
    );
  });

  it('does not speak of a set that is empty', () => {
    expect(sentenceOf([loss(0), check('duplicates', { sets: [set('duplicated', 'allowed', 0)] })], [])).toBe(
      '0 of 1,204,311 acknowledged events lost; crashes, partitions and power loss not tested',
    );
  });

  it('says of a run without a crash that crashes were not tested, whatever else was made', () => {
    expect(sentenceOf([loss(0)], [made('pause'), made('bad-network')])).toBe(
      '0 of 1,204,311 acknowledged events lost; pause and bad-network safe, crashes, partitions and power loss not tested',
    );
  });

  it.each(['no-effect', 'failed', 'unreverted'] as const)(
    'does not count a fault that ended %s',
    (status) => {
      const verdict = safetyVerdict([loss(0)], [made('process-crash', status)]);
      expect(verdict?.sentence).toMatch(/; crashes, partitions and power loss not tested$/);
      expect(verdict?.tested).toEqual([]);
      expect(verdict?.untested).toEqual(FAILURE_CLASSES);
    },
  );

  it('counts no fault of which nobody knows what it tests', () => {
    expect(safetyVerdict([loss(0)], [made()])?.tested).toEqual([]);
  });

  it('calls nothing safe when something is lost', () => {
    const verdict = safetyVerdict([loss(4)], [CRASH]);
    expect(verdict).toMatchObject({ verdict: 'fail', tested: ['process-crash'] });
    expect(verdict?.sentence).toBe(
      '4 of 1,204,311 acknowledged events lost; not safe: process crashes were made, partitions and power loss not tested',
    );
  });

  it('calls nothing safe when another check fails, and says what it found', () => {
    const order = check('order', { verdict: 'fail', sets: [set('out of order', 'violation', 1_500)] });
    expect(sentenceOf([order, loss(0)], [CRASH])).toBe(
      '0 of 1,204,311 acknowledged events lost; 1,500 out of order; ' +
        'not safe: process crashes were made, partitions and power loss not tested',
    );
  });

  it('lets a check that failed without a set say so in its own words', () => {
    const order = check('order', { verdict: 'fail', sentence: 'it went backwards' });
    expect(sentenceOf([loss(0), order], [])).toBe(
      '0 of 1,204,311 acknowledged events lost; order failed: it went backwards; ' +
        'not safe: crashes, partitions and power loss not tested',
    );
  });

  it('says of the loss what else failed there: refused, and read all the same', () => {
    const sets = [set('refused and read', 'violation', 2)];
    expect(sentenceOf([loss(0, { verdict: 'fail', sets })], [])).toMatch(
      /^0 of 1,204,311 acknowledged events lost; 2 refused and read; not safe: /,
    );
  });

  it('says of a loss that is not known why, and never sounds safe', () => {
    const sentence = '0 of 9 acknowledged events lost, as far as known: reading ORDERS gave up';
    const verdict = safetyVerdict([loss(0, { verdict: 'unknown', sentence })], [CRASH, made('pause')]);
    expect(verdict?.verdict).toBe('unknown');
    expect(verdict?.sentence).toBe(
      `not known whether anything was lost: ${sentence}; ` +
        'not known to be safe: process crashes and pauses were made, partitions and power loss not tested',
    );
  });

  it('says what is certain of a run in which nothing was acknowledged in the words of its check', () => {
    const sentence =
      'the stream ORDERS has vanished; no operation was acknowledged, so nothing can be said about loss';
    const nothing = loss(0, { verdict: 'unknown', sentence, counts: { acknowledged: 0, lost: 0 } });
    const monotonic = check('monotonic', { verdict: 'fail', sets: [set('vanished', 'violation', 1)] });
    expect(sentenceOf([nothing, monotonic], [CRASH])).toBe(
      `${sentence}; 1 stream vanished; not safe: process crashes were made, partitions and power loss not tested`,
    );
  });

  it('names the checks that know nothing, and calls nothing safe', () => {
    const unknown = ['order', 'divergence', 'monotonic'].map((name) => check(name, { verdict: 'unknown' }));
    expect(sentenceOf([loss(0), ...unknown], [CRASH])).toBe(
      '0 of 1,204,311 acknowledged events lost; order, divergence and monotonic unknown; ' +
        'not known to be safe: process crashes were made, partitions and power loss not tested',
    );
  });

  it('fails when one check fails and another knows nothing', () => {
    const verdict = safetyVerdict([loss(4), check('order', { verdict: 'unknown' })], []);
    expect(verdict).toMatchObject({ verdict: 'fail' });
    expect(verdict?.sentence).toMatch(/; order unknown; not safe: /);
  });

  it('calls nothing safe of which nobody looked whether it was lost', () => {
    const verdict = safetyVerdict([check('order'), check('divergence')], [CRASH]);
    expect(verdict).toMatchObject({
      verdict: 'unknown',
      sentence:
        'order and divergence held; loss not checked: process crashes were made, partitions and power loss not tested',
    });
  });

  it('tells doubts as doubts', () => {
    const sets = [set('perhaps removed', 'doubt', 12)];
    expect(sentenceOf([loss(0), check('unexpected', { verdict: 'unknown', sets })], [])).toMatch(
      /; unexpected unknown; 12 perhaps removed \(in doubt\); not known to be safe: /,
    );
  });

  it('puts what broke a promise before what is allowed, and only counts what would be too much', () => {
    const many = Array.from({ length: 9 }, (_, i) =>
      check(`check-${i}`, { sets: [set(`allowed ${i}`, 'allowed', i + 1)] }),
    );
    const order = check('order', { verdict: 'fail', sets: [set('out of order', 'violation', 3)] });
    const sentence = sentenceOf([...many, order, loss(0)], []) as string;
    const clauses = sentence.split('; ');
    expect(clauses[1]).toBe('3 out of order');
    expect(clauses[2]).toBe('1 allowed 0 (allowed)');
    expect(clauses.at(-2)).toBe('4 findings more');
    expect(clauses).toHaveLength(9);
  });

  it.each([[loss(0)], [loss(1)], [loss(0, { verdict: 'unknown' })], [check('order')]])(
    'says that power loss was not tested as long as nobody lost power: %#',
    (checked) => {
      const others = FAILURE_CLASSES.filter((each) => each !== 'power-loss').map((each) => made(each));
      expect(sentenceOf([checked], others)).toMatch(/power loss not tested$/);
      const verdict = safetyVerdict([checked], [...others, made('power-loss')]);
      expect(verdict?.sentence).not.toContain('not tested');
      expect(verdict?.untested).toEqual([]);
    },
  );

  it('says power-loss safe only of a run that lost power, which is no crash of a process', () => {
    expect(sentenceOf([loss(0)], [made('power-loss')])).toBe(
      '0 of 1,204,311 acknowledged events lost; power-loss safe, crashes and partitions not tested',
    );
  });
});

describe('what a fault tests', () => {
  it('is known of every kind but those of the user’s own, and the one that leaves the system alone', () => {
    const unknown = FAULT_KINDS.filter(({ kind }) => whatFaultTests(kind, {}) === undefined);
    expect(unknown.map(({ kind }) => kind)).toEqual(['scrape-outage', 'own']);
  });

  it('is what docs/safety.md says of each kind', () => {
    const docs = readFileSync(new URL('../../docs/safety.md', import.meta.url), 'utf8');
    for (const { kind } of FAULT_KINDS) {
      const tested = whatFaultTests(kind, {});
      if (tested === undefined) continue;
      const row = docs.split('\n').find((line) => line.startsWith(`| ${tested.replace('-', ' ')} | `));
      expect(row, `${kind} tests ${tested}`).toContain(`\`${kind}\``);
    }
  });

  it.each(['node-kill', 'node-restart', 'rolling-restart'])('is a crash for %s by SIGKILL alone', (kind) => {
    const tests = ['SIGKILL', 'SIGTERM', undefined].map((signal) => whatFaultTests(kind, { signal }));
    expect(tests).toEqual(['process-crash', 'orderly-restart', 'orderly-restart']);
  });

  it('is a partition where nodes lose each other, and a bad network where only clients do', () => {
    const tests = ['routes', 'clients', 'both'].map((between) => whatFaultTests('partition', { between }));
    expect(tests).toEqual(['partition', 'bad-network', 'partition']);
  });
});
