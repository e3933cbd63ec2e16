import { describe, expect, it } from 'vitest';
import type { AlertEpisode } from '../../src/alerts/alert-book.js';
import { judge, type Sight, unexpectedPages } from '../../src/alerts/judge.js';
import type { AlertExpectation, AlertFault } from '../../src/contracts/alert.js';

const S = 1e9;
const TIMES = { scrapeNs: S / 2, evaluationNs: S / 2, groupWaitNs: S, groupIntervalNs: 2 * S };
const FAULT: AlertFault = {
  id: 'fault-1',
  kind: 'node-kill',
  targets: ['n2'],
  injectedNs: 100 * S,
  revertedNs: 120 * S,
};
const EXPECTED: AlertExpectation = {
  alert: 'NodeDown',
  labels: { server: '{target}' },
  severity: 'page',
  receiver: 'page',
  after: 'fault-1',
  withinNs: 10 * S,
  resolvesWithinNs: 15 * S,
};
const LABELS = { server: 'n2', severity: 'page' };

const fired = (from: number, to?: number, more: Partial<AlertEpisode> = {}): AlertEpisode => ({
  alert: 'NodeDown',
  labels: LABELS,
  state: 'firing',
  fromNs: from * S,
  lastNs: (to ?? from + 1) * S,
  ...(to !== undefined && { endNs: to * S }),
  ...more,
});

const told = (at: number, receiver = 'page', labels: Record<string, string> = LABELS) => ({
  receiver,
  status: 'firing' as const,
  labels: { alertname: 'NodeDown', ...labels },
  atNs: at * S,
});

const sight = (more: Partial<Sight> = {}): Sight => ({
  episodes: [],
  notified: [],
  times: TIMES,
  seenUntilNs: 200 * S,
  toldUntilNs: 200 * S,
  ...more,
});

describe('an expectation is met', () => {
  it('when the alert fires in time with its labels, its receiver is told, and it resolves in time', () => {
    const seen = sight({ episodes: [fired(104, 125)], notified: [told(106)] });
    expect(judge(EXPECTED, FAULT, seen)).toMatchObject({
      verdict: 'met',
      isDecided: true,
      detectedAfterNs: 4 * S,
      notifiedAfterNs: 6 * S,
      resolvedAfterNs: 5 * S,
      receiver: 'page',
      labels: LABELS,
    });
  });

  it('when it resolves before the fault was healed', () => {
    const seen = sight({ episodes: [fired(104, 110)], notified: [told(105)] });
    expect(judge(EXPECTED, FAULT, seen)).toMatchObject({ verdict: 'met', resolvedAfterNs: 0 });
  });

  it('with receiver none when nobody was told', () => {
    const seen = sight({ episodes: [fired(104, 125)] });
    expect(judge({ ...EXPECTED, receiver: 'none' }, FAULT, seen)).toMatchObject({ verdict: 'met' });
  });

  it('whoever was told, where it does not matter, and whether it resolves', () => {
    const { receiver: _, resolvesWithinNs: __, ...expected } = EXPECTED;
    const seen = sight({ episodes: [fired(104)], notified: [told(105, 'ticket')] });
    expect(judge(expected, FAULT, seen)).toMatchObject({ verdict: 'met', receiver: 'ticket' });
  });
});

describe('an expectation is missed', () => {
  it.each([
    ['nothing fires', {}, 'did not fire within 10 s'],
    [
      'it only waits',
      { episodes: [fired(104, 106, { state: 'pending' })] },
      'did not fire within 10 s, though it was pending for 2 s',
    ],
    ['it fires too late', { episodes: [fired(112, 125)] }, 'fired after 12 s, 2 s too late'],
    [
      'it was firing already',
      { episodes: [fired(90, 125)] },
      'it was firing already, since 10 s before the fault: it says nothing of it',
    ],
    [
      'it has another severity',
      { episodes: [fired(104, 125, { labels: { ...LABELS, severity: 'ticket' } })] },
      'fired after 4 s, with severity `ticket` instead of `page`',
    ],
    [
      'it speaks of somebody else',
      { episodes: [fired(104, 125, { labels: { ...LABELS, server: 'n1' } })] },
      'fired after 4 s, with server `n1` instead of `n2`',
    ],
    [
      'nobody is told',
      { episodes: [fired(104, 125)] },
      'fired after 4 s, and nobody was told within 8 s, resolved 5 s after it was healed',
    ],
    [
      'somebody else is told',
      { episodes: [fired(104, 125)], notified: [told(106, 'ticket')] },
      'fired after 4 s, and `ticket` was told instead of `page`, resolved 5 s after it was healed',
    ],
    [
      'it resolves too late',
      { episodes: [fired(104, 140)], notified: [told(106)] },
      'fired after 4 s, `page` was told, and resolved only 20 s after it was healed',
    ],
    [
      'it does not resolve',
      { episodes: [fired(104)], notified: [told(106)] },
      'fired after 4 s, `page` was told, and still fired 80 s after it was healed',
    ],
  ] as const)('when %s', (_, seen, detail) => {
    expect(judge(EXPECTED, FAULT, sight(seen))).toMatchObject({ verdict: 'missed', isDecided: true, detail });
  });

  it('when somebody is told of what another alert should silence', () => {
    const seen = sight({ episodes: [fired(104, 125)], notified: [told(106)] });
    expect(judge({ ...EXPECTED, receiver: 'none' }, FAULT, seen).verdict).toBe('missed');
  });

  it('and what there was instead is worth asking for only where nothing fired', () => {
    expect(judge(EXPECTED, FAULT, sight()).askAtNs).toBe(110 * S);
    expect(judge(EXPECTED, FAULT, sight({ episodes: [fired(112)] })).askAtNs).toBeUndefined();
  });
});

describe('nothing is known', () => {
  it.each([
    ['while its time is not over', { seenUntilNs: 109 * S }],
    ['while somebody may still be told', { episodes: [fired(104, 125)], toldUntilNs: 111 * S }],
    ['while it may still resolve', { episodes: [fired(104)], notified: [told(106)], seenUntilNs: 130 * S }],
  ])('%s', (_, seen) => {
    expect(judge(EXPECTED, FAULT, sight(seen))).toMatchObject({ verdict: 'unknown', isDecided: false });
  });

  it('of a fault that was not made, or is not there', () => {
    expect(judge(EXPECTED, { ...FAULT, injectedNs: 0 }, sight())).toMatchObject({
      verdict: 'unknown',
      isDecided: true,
    });
    expect(judge(EXPECTED, undefined, sight())).toMatchObject({ verdict: 'unknown', isDecided: true });
  });
});

describe('pages that nobody expected', () => {
  const unexpected = (...episodes: AlertEpisode[]) =>
    unexpectedPages([EXPECTED], [FAULT], episodes, 90 * S).map(
      ({ alert, fromNs }) => `${alert} ${fromNs / S}`,
    );

  it('are those of other names, and those that no fault explains', () => {
    expect(
      unexpected(fired(104, 125), fired(95, 99), fired(150), fired(110, 112, { alert: 'Other' })),
    ).toEqual(['NodeDown 95', 'NodeDown 150', 'Other 110']);
  });

  it('are not those of another severity, nor those that were over before the load', () => {
    const ticket = fired(110, 112, { alert: 'Other', labels: { severity: 'ticket' } });
    const pending = fired(110, 112, { alert: 'Other', state: 'pending' });
    expect(unexpected(ticket, pending, fired(80, 85, { alert: 'Other' }))).toEqual([]);
  });
});
