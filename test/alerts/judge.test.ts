import { describe, expect, it } from 'vitest';
import type { AlertEpisode } from '../../src/alerts/alert-book.js';
import { judgeAll } from '../../src/alerts/judge.js';
import type { Sight } from '../../src/alerts/sight.js';
import { unexpectedPages } from '../../src/alerts/unexpected-pages.js';
import type { AlertExpectation, AlertFault } from '../../src/contracts/alert.js';

const S = 1e9;
const TIMES = { scrapeNs: S / 2, evaluationNs: S / 2, groupWaitNs: S, groupIntervalNs: 2 * S };
const FAULT: AlertFault = {
  id: 'fault-1',
  kind: 'node-kill',
  targets: ['n2'],
  injectedNs: 100 * S,
  revertedNs: 120 * S,
  forNs: 20 * S,
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
  activeNs: from * S,
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
  troubles: [],
  times: TIMES,
  seenUntilNs: 200 * S,
  toldUntilNs: 200 * S,
  ...more,
});

const judge = (expectation: AlertExpectation, fault: AlertFault | undefined, seen: Sight) =>
  judgeAll([expectation], fault ? [fault] : [], seen)[0]!;

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

  it('when it resolves before a fault that holds for no time was healed', () => {
    const seen = sight({ episodes: [fired(104, 110)], notified: [told(105)] });
    expect(judge(EXPECTED, { ...FAULT, forNs: 0 }, seen)).toMatchObject({
      verdict: 'met',
      resolvedAfterNs: 0,
    });
  });

  it('when it resolves while the fault holds, where it does not matter when it does', () => {
    const { resolvesWithinNs: _, ...expected } = EXPECTED;
    const seen = sight({ episodes: [fired(104, 110)], notified: [told(105)] });
    expect(judge(expected, FAULT, seen)).toMatchObject({ verdict: 'met', resolvedAfterNs: 0 });
  });

  it('when it resolves while the fault is being healed, which takes its time', () => {
    const seen = sight({ episodes: [fired(104, 121)], notified: [told(105)] });
    const slow = { ...FAULT, revertedNs: 130 * S };
    expect(judge(EXPECTED, slow, seen)).toMatchObject({ verdict: 'met', resolvedAfterNs: 0 });
  });

  it('when another of its kind fires on, or an evaluation is left out, until it is healed', () => {
    const other = fired(106, 125, { labels: { ...LABELS, stream: 'B' } });
    const notified = [told(105)];
    for (const episodes of [
      [fired(104, 110), other],
      [fired(104), fired(106, 108)],
      [fired(104, 110), fired(111, 125)],
    ]) {
      expect(judge(EXPECTED, FAULT, sight({ episodes, notified })).detail).not.toContain('did not fire');
    }
  });

  it('when it comes and goes while the fault holds, and fires when that is healed; how long it was away is said', () => {
    const seen = sight({ episodes: [fired(104, 107), fired(113, 125)], notified: [told(106)] });
    expect(judge(EXPECTED, FAULT, seen)).toMatchObject({
      verdict: 'met',
      awayNs: 6 * S,
      detail:
        'fired after 4 s, `page` was told, did not fire for 6 s meanwhile, resolved 5 s after it was healed',
    });
  });

  it('with the notification of this firing, not one from long before it', () => {
    const { receiver: _, ...whoever } = EXPECTED;
    const notified = [told(60, 'ticket'), told(106, 'page'), told(107, 'ticket')];
    const seen = sight({ episodes: [fired(104, 125)], notified });
    expect(judge(whoever, FAULT, seen)).toMatchObject({ receiver: 'page', notifiedAfterNs: 6 * S });
  });

  it('though it fires once more long after its time, for some other cause', () => {
    const seen = sight({ episodes: [fired(104, 125), fired(136, 190)], notified: [told(106)] });
    expect(judge(EXPECTED, FAULT, seen)).toMatchObject({ verdict: 'met', resolvedAfterNs: 5 * S });
  });

  it('with receiver none when nobody was told', () => {
    const seen = sight({ episodes: [fired(104, 125)] });
    expect(judge({ ...EXPECTED, receiver: 'none' }, FAULT, seen)).toMatchObject({ verdict: 'met' });
  });

  it('with receiver none, whoever is told when it fires once more for some other cause', () => {
    const seen = sight({ episodes: [fired(104, 125), fired(160, 190)], notified: [told(165)] });
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
      'it had begun to wait before the fault',
      { episodes: [fired(104, 125, { activeNs: 98 * S })] },
      'fired after 4 s, but had begun to wait 2 s before the fault: it says nothing of it',
    ],
    [
      'it had begun to wait before the fault, and fires again too late',
      { episodes: [fired(104, 108, { activeNs: 98 * S }), fired(112, 125)] },
      'fired after 4 s, but had begun to wait 2 s before the fault: it says nothing of it',
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
      'it resolves while its fault holds',
      { episodes: [fired(104, 110)], notified: [told(106)] },
      'fired after 4 s, `page` was told, and did not fire for 10 s while its fault still held',
    ],
    [
      'its receiver was told long before, of another firing',
      { episodes: [fired(104, 125)], notified: [told(60)] },
      'fired after 4 s, and nobody was told within 8 s, resolved 5 s after it was healed',
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
    ['while a notification is on its way', { episodes: [fired(104, 125)], pendingSinceNs: 112 * S }],
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

describe('of two faults that are to raise the same alert', () => {
  const FIRST: AlertExpectation = { ...EXPECTED, labels: {} };
  const SECOND: AlertExpectation = { ...FIRST, after: 'fault-2' };
  /** Made while the first still holds, and healed after it. */
  const faults: AlertFault[] = [
    FAULT,
    { ...FAULT, id: 'fault-2', targets: ['n3'], injectedNs: 103 * S, revertedNs: 140 * S },
  ];
  const judged = (episodes: readonly AlertEpisode[], expected = [FIRST, SECOND]) => {
    const notified = [told(106), told(107, 'page', N3)];
    return judgeAll(expected, faults, sight({ episodes, notified }));
  };
  const N3 = { ...LABELS, server: 'n3' };

  it('one firing speaks for the first alone, which is said of the second', () => {
    expect(judged([fired(104, 125)])).toMatchObject([
      { verdict: 'met' },
      {
        verdict: 'missed',
        detail:
          'fired after 1 s, which is taken for fault-1, made before it: one firing does not speak for two faults',
      },
    ]);
  });

  it('each has its own where it fires for both, whatever order they are expected in', () => {
    const both = [fired(106, 145, { labels: N3 }), fired(104, 125)];
    expect(judged(both)).toMatchObject([
      { verdict: 'met', labels: { server: 'n2' }, resolvedAfterNs: 5 * S },
      { verdict: 'met', labels: { server: 'n3' }, resolvedAfterNs: 5 * S },
    ]);
    expect(judged(both, [SECOND, FIRST])).toMatchObject([
      { verdict: 'met', labels: { server: 'n3' } },
      { verdict: 'met', labels: { server: 'n2' } },
    ]);
  });

  it('the first has resolved although the second raises it again', () => {
    const again = fired(130, 145);
    const later = [FAULT, { ...FAULT, id: 'fault-2', injectedNs: 128 * S, revertedNs: 140 * S }];
    const seen = sight({ episodes: [fired(104, 125), again], notified: [told(106), told(132)] });
    expect(judgeAll([FIRST, SECOND], later, seen)).toMatchObject([
      { verdict: 'met', resolvedAfterNs: 5 * S },
      { verdict: 'met', resolvedAfterNs: 5 * S },
    ]);
  });

  it('one that still fires for the first says nothing of the second', () => {
    expect(judged([fired(101, 125)])).toMatchObject([
      { verdict: 'met' },
      {
        verdict: 'missed',
        detail: 'it was firing already, since 2 s before the fault: it says nothing of it',
      },
    ]);
  });

  it('the target in the labels tells them apart, and two expectations of one fault share what fires for it', () => {
    const of = (after: string) => ({ ...EXPECTED, after });
    const both = [fired(104, 125), fired(105, 145, { labels: N3 })];
    const { receiver: _, ...whoever } = of('fault-1');
    expect(judged(both, [of('fault-1'), whoever, of('fault-2')]).map(({ verdict }) => verdict)).toEqual([
      'met',
      'met',
      'met',
    ]);
  });
});

describe('of a fault with several targets', () => {
  const both: AlertFault = { ...FAULT, targets: ['n1', 'n2'] };
  const N1 = { ...LABELS, server: 'n1' };
  const notified = [told(106), told(109, 'page', N1)];

  it('`{target}` is every one of them, and the slowest says how long it took', () => {
    const episodes = [fired(104, 128), fired(107, 125, { labels: N1 })];
    expect(judge(EXPECTED, both, sight({ episodes, notified }))).toMatchObject({
      verdict: 'met',
      detectedAfterNs: 7 * S,
      notifiedAfterNs: 9 * S,
      resolvedAfterNs: 8 * S,
      labels: N1,
      isDecided: true,
    });
  });

  it('is missed when one of them has no alert, and says which', () => {
    const judged = judge(EXPECTED, both, sight({ episodes: [fired(104, 125)], notified }));
    expect(judged).toMatchObject({
      verdict: 'missed',
      detail: 'n1: did not fire within 10 s',
      askAtNs: 110 * S,
    });
    expect(judged).not.toHaveProperty('detectedAfterNs');
  });

  it('asks for what was there instead when none of them has one', () => {
    const judged = judge(EXPECTED, both, sight());
    expect(judged.detail).toBe('n1: did not fire within 10 s; n2: did not fire within 10 s');
    expect(judged.askAtNs).toBe(110 * S);
  });

  it('is not decided before each of them is', () => {
    const seen = sight({ episodes: [fired(104, 125)], notified, seenUntilNs: 106 * S, toldUntilNs: 106 * S });
    expect(judge(EXPECTED, both, seen)).toMatchObject({ verdict: 'unknown', isDecided: false });
  });

  it('is one of them where no label names it', () => {
    const anyone = { ...EXPECTED, labels: {} };
    const seen = sight({ episodes: [fired(104, 125)], notified });
    expect(judge(anyone, both, seen)).toMatchObject({ verdict: 'met', detectedAfterNs: 4 * S });
  });
});

describe('a notification that could not be handed over', () => {
  const why = 'the notification failed: to `page`: connection refused';
  const troubles = [{ fromNs: 105 * S, toNs: 109 * S, why }];
  const seen = sight({ episodes: [fired(104, 125)], troubles });

  it('leaves unknown whether the receiver would have been told, and whether nobody was to be', () => {
    expect(judge(EXPECTED, FAULT, seen)).toMatchObject({
      verdict: 'unknown',
      isDecided: true,
      detail: `fired after 4 s, and nobody was told within 8 s: ${why}, resolved 5 s after it was healed`,
    });
    expect(judge({ ...EXPECTED, receiver: 'none' }, FAULT, seen)).toMatchObject({
      verdict: 'unknown',
      isDecided: true,
      detail: expect.stringContaining(`whether anybody was to be is not known: ${why}`),
    });
  });

  it('is none when it was handed over after all, and of no matter long before or after', () => {
    expect(judge(EXPECTED, FAULT, { ...seen, notified: [told(110)] }).verdict).toBe('met');
    const other = [
      { fromNs: 90 * S, toNs: 103 * S, why },
      { fromNs: 130 * S, toNs: 140 * S, why },
    ];
    expect(judge({ ...EXPECTED, receiver: 'none' }, FAULT, { ...seen, troubles: other }).verdict).toBe('met');
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

  it('are those about somebody else than the fault hit, though they have the name that is expected', () => {
    expect(unexpected(fired(110, 113, { labels: { ...LABELS, server: 'n3' } }))).toEqual(['NodeDown 110']);
  });

  it('are those of severity page where a ticket is expected', () => {
    const ticket = { ...EXPECTED, severity: 'ticket' as const };
    const pages = unexpectedPages([ticket], [FAULT], [fired(110, 113)], 90 * S);
    expect(pages).toHaveLength(1);
  });

  it('are those that fire since before the load, and those whose condition held before the fault', () => {
    expect(unexpected(fired(80, 95, { alert: 'Other' }), fired(104, 125, { activeNs: 98 * S }))).toEqual([
      'Other 80',
      'NodeDown 104',
    ]);
  });

  it('are not those of another severity, nor those that were over before the load', () => {
    const ticket = fired(110, 112, { alert: 'Other', labels: { severity: 'ticket' } });
    const pending = fired(110, 112, { alert: 'Other', state: 'pending' });
    expect(unexpected(ticket, pending, fired(80, 85, { alert: 'Other' }))).toEqual([]);
  });
});
