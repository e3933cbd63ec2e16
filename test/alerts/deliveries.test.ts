import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Deliveries } from '../../src/alerts/deliveries.js';
import { nowNs } from '../../src/base/clock.js';

const S = 1e9;
const NAMES = [
  'notifications',
  'notifications_failed',
  'notification_requests',
  'notification_requests_failed',
];

/** What Alertmanager counts: begun, given up, requests, requests that failed. */
const counters = (...values: number[]) =>
  Object.fromEntries(NAMES.map((name, i) => [`alertmanager_${name}_total`, values[i] ?? 0])) as Parameters<
    Deliveries['take']
  >[0];

function deliveries(url = 'http://127.0.0.1:1') {
  const dir = mkdtempSync(join(tmpdir(), 'stormglass-deliveries-'));
  const logFile = join(dir, 'alertmanager.log');
  const told: string[] = [];
  return {
    told,
    logFile,
    book: new Deliveries(url, logFile, (why) => told.push(why)),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true }),
  };
}

it('has no trouble while all that is begun is taken, though it is on its way at times', () => {
  using place = deliveries();
  const now = nowNs();
  place.book.take(counters(1, 0, 1, 0), now);
  expect(place.book.pendingSinceNs).toBeUndefined();
  place.book.take(counters(3, 0, 2, 0), now + S);
  expect(place.book.pendingSinceNs).toBe(now);
  place.book.take(counters(3, 0, 3, 0), now + 2 * S);
  expect(place.book.pendingSinceNs).toBeUndefined();
  expect(place.book.troubles).toEqual([]);
});

it('is in trouble from the notification that fails until one is taken, and says whose it was and why', () => {
  using place = deliveries();
  writeFileSync(
    place.logFile,
    'level=warn component=dispatcher receiver=page integration=webhook[0] msg="Notify attempt failed" err="Post \\"http://x/page\\": connection refused"\n',
  );
  const now = nowNs();
  place.book.take(counters(0, 0, 0, 0), now);
  place.book.take(counters(1, 0, 2, 2), now + S);
  // It tries again, ever more seldom.
  place.book.take(counters(1, 0, 2, 2), now + 2 * S);
  place.book.take(counters(1, 0, 3, 2), now + 3 * S);
  place.book.take(counters(2, 0, 4, 2), now + 20 * S);
  const why = 'the notification failed: to `page`: Post "http://x/page": connection refused';
  expect(place.book.troubles).toEqual([{ fromNs: now, toNs: now + 2 * S, why }]);
  expect(place.told).toEqual([why]);
});

it('is in trouble when what is on its way gets no answer', () => {
  using place = deliveries();
  const now = nowNs();
  place.book.take(counters(0, 0, 0, 0), now);
  for (let second = 1; second <= 7; second++) place.book.take(counters(1, 0, 0, 0), now + second * S);
  expect(place.book.troubles).toEqual([
    { fromNs: now, toNs: now + 7 * S, why: 'a notification has had no answer for 7 s' },
  ]);
  expect(place.told).toEqual(['a notification has had no answer for 5 s']);
});

it('reads its counters whatever labels they have, and says when nobody answers', async () => {
  const page = createServer((_, response) =>
    response.end(
      [
        '# TYPE alertmanager_notifications_total counter',
        'alertmanager_notifications_total{integration="webhook"} 3',
        'alertmanager_notifications_failed_total{integration="webhook",reason="other"} 1',
        'alertmanager_notifications_failed_total{integration="webhook",reason="clientError"} 1',
        'alertmanager_notification_requests_total{integration="webhook"} 9',
        'alertmanager_notification_requests_failed_total{integration="webhook"} 8',
        '',
      ].join('\n'),
    ),
  );
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  using place = deliveries(`http://127.0.0.1:${(page.address() as AddressInfo).port}`);
  expect(await place.book.look()).toBe(true);
  expect(place.book.troubles).toMatchObject([
    { why: 'the notification failed: Alertmanager does not say why' },
  ]);
  page.closeAllConnections();
  await new Promise((resolve) => page.close(resolve));
  expect(await place.book.look()).toBe(false);
});
