import { timeSeries } from '../parts/time-series.js';
import { byConsumer, rateByConsumer } from './lines.js';

/** What waits for consumers, and how they get on. */
export function consumerPanels() {
  return [
    timeSeries({
      title: 'Not yet delivered',
      description:
        'Messages that wait for each consumer: its lag. Growing without end: the consumer is too slow, or gone.',
      unit: 'short',
      span: 12,
      queries: [byConsumer('jetstream_consumer_num_pending')],
    }),
    timeSeries({
      title: 'Not yet acknowledged',
      description:
        'Delivered, and neither acknowledged nor given up. At the consumer’s limit it gets nothing more.',
      unit: 'short',
      span: 12,
      queries: [byConsumer('jetstream_consumer_num_ack_pending')],
    }),
    timeSeries({
      title: 'Delivered each second',
      description: 'Messages delivered to each consumer, those delivered again included.',
      unit: 'mps',
      span: 8,
      queries: [rateByConsumer('jetstream_consumer_delivered_consumer_seq')],
    }),
    timeSeries({
      title: 'Delivered again',
      description:
        'Messages of each consumer that are in their second delivery or a later one: work that is done twice, or fails.',
      unit: 'short',
      span: 8,
      queries: [byConsumer('jetstream_consumer_num_redelivered')],
    }),
    timeSeries({
      title: 'Pulls that wait',
      description: 'Open requests of pull consumers. None, while messages wait: nobody asks for them.',
      unit: 'short',
      span: 8,
      queries: [byConsumer('jetstream_consumer_num_waiting')],
    }),
  ];
}
