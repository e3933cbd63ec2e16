import { expect, it } from 'vitest';
import { type Notified, Webhook } from '../../src/alerts/webhook.js';

const LABELS = { alertname: 'NodeDown', server: 'n1' };
const body = (status: string, receiver = 'page') =>
  JSON.stringify({ version: '4', receiver, status, alerts: [{ status, labels: LABELS, startsAt: 'x' }] });

const post = async (url: string, text: string): Promise<number> =>
  (await fetch(url, { method: 'POST', body: text })).status;

it('keeps who was told of what, each once as long as it does not change', async () => {
  const news: Notified[] = [];
  await using webhook = await Webhook.open((one) => news.push(one));
  const url = webhook.urlOf('page');
  expect(await post(url, body('firing'))).toBe(200);
  // What Alertmanager repeats is no news.
  await post(url, body('firing'));
  await post(webhook.urlOf('ticket'), body('firing', 'ticket'));
  await post(url, body('resolved'));
  await post(url, body('firing'));
  expect(news.map(({ receiver, status }) => `${receiver} ${status}`)).toEqual([
    'page firing',
    'ticket firing',
    'page resolved',
    'page firing',
  ]);
  expect(webhook.notified).toEqual(news);
});

it('refuses what is no notification, and goes on', async () => {
  await using webhook = await Webhook.open(() => {});
  for (const text of ['', '{', '[]', '{"alerts":[{"status":"new"}]}', 'x'.repeat(5 * 1024 * 1024)]) {
    const status = await post(webhook.urlOf('page'), text).catch(() => 400);
    expect(status).toBe(400);
  }
  expect(webhook.malformed).toBe(5);
  expect(await post(webhook.urlOf('page'), body('firing'))).toBe(200);
});

it('ends though somebody keeps a connection open', async () => {
  const webhook = await Webhook.open(() => {});
  await post(webhook.urlOf('page'), body('firing'));
  await webhook[Symbol.asyncDispose]();
  await expect(fetch(webhook.urlOf('page'))).rejects.toThrow();
});
