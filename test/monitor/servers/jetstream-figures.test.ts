import { describe, expect, it } from 'vitest';
import { DetailLimit } from '../../../src/monitor/servers/detail-limit.js';
import { type JetStreamFigures, jetStreamFigures } from '../../../src/monitor/servers/jetstream-figures.js';
import type { JszDetail } from '../../../src/nats/jsz-detail.js';
import { turnsMeanwhile } from '../../support/turns-meanwhile.js';

const page = (streams: number): JszDetail => ({
  account_details: [
    {
      name: 'EVENTS',
      stream_detail: Array.from({ length: streams }, (_, i) => ({
        name: `S${i}`,
        cluster: { leader: i % 2 === 0 ? 'n1' : 'n2', replicas: [] },
        state: { messages: 10, bytes: 1000, last_seq: i },
        consumer_detail: [{ name: 'worker', cluster: { leader: 'n1' }, num_pending: 3 }],
      })),
    },
  ],
});

const samples = (figures: JetStreamFigures, name: string) =>
  [...figures.book.families()]
    .filter((family) => family.name === name)
    .flatMap((family) => [...family.samples]);

describe('streams and consumers beyond the limit', () => {
  it('are summed under one name, so that all together stay what they are', async () => {
    const figures = await jetStreamFigures('n1', 'n1', page(100), new DetailLimit(10, 5));
    const messages = samples(figures, 'jetstream_stream_total_messages');
    // Those that this server leads, and those that it follows.
    expect(messages).toHaveLength(10 + 2);
    expect(messages.reduce((sum, { value }) => sum + value, 0)).toBe(1000);
    expect(messages.filter(({ labels }) => labels.stream_name === 'other').map(({ value }) => value)).toEqual(
      [450, 450],
    );
    const pending = samples(figures, 'jetstream_consumer_num_pending');
    expect(pending).toHaveLength(5 + 1);
    expect(pending.reduce((sum, { value }) => sum + value, 0)).toBe(300);
    expect(figures.untold.size).toBe(90 + 95);
  });

  it('keeps telling apart those that it has begun with', async () => {
    const limit = new DetailLimit(10, 5);
    const names = (figures: JetStreamFigures) =>
      samples(figures, 'jetstream_stream_last_seq').map(({ labels }) => labels.stream_name);
    const before = names(await jetStreamFigures('n1', 'n1', page(12), limit));
    expect(names(await jetStreamFigures('n2', 'n2', page(400), limit))).toEqual(before);
  });

  it('holds against a page without anything, and of a server without JetStream', async () => {
    const figures = await jetStreamFigures('n1', 'n1', { disabled: true }, new DetailLimit(1, 1));
    expect(samples(figures, 'jetstream_server_jetstream_disabled')).toMatchObject([{ value: 1 }]);
    expect(samples(figures, 'jetstream_server_total_streams')).toMatchObject([{ value: 0 }]);
  });

  it('lets others have their turn while it reads the page of a large cluster', async () => {
    const large = page(50_000);
    const limit = new DetailLimit(50_000, 50_000);
    expect(await turnsMeanwhile(() => jetStreamFigures('n1', 'n1', large, limit))).toBeGreaterThan(3);
  });
});
