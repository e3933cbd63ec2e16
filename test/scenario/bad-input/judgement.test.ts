import { describe } from 'vitest';
import { toldOfEdits } from './told-of-edits.js';

/** Two loads that share the second of two consumers. */
const readers = (ofFirst: string, ofSecond: string) => `
  - { name: workers, kind: js-consume, stream: ORDERS, durable: jobs, consumers: 2${ofFirst} }
  - { name: quiet, kind: js-consume, stream: ORDERS, durable: jobs-1${ofSecond} }`;

describe('a check', () => {
  toldOfEdits([
    [
      'that is not there, and one that stands twice',
      [['[acked-loss]', '[ackedlos, duplicates, duplicates]']],
      [
        '17:10 checks[0]: there is no check `ackedlos` → Did you mean `acked-loss`?',
        '17:32 checks[2]: `duplicates` stands here twice → Keep one of the two.',
      ],
    ],
    [
      'of core events, where every load is of streams',
      [
        ['  - { name: firehose, kind: publish, domains: [telemetry], rate: 20k/s, for: 60s }\n', ''],
        ['[acked-loss]', '[{ core-delivery: { lost: 0 } }]'],
      ],
      [
        '16:10 checks[0]: core-delivery is of events that no stream captures, and no load sends any that are counted → Add a load of kind publish, or leave the check out.',
      ],
    ],
    [
      'of core events, with a share of them that may be lost beyond all',
      [['[acked-loss]', '[{ core-delivery: { lost: 200% } }]']],
      [
        '17:35 checks[0].core-delivery.lost: expected how many may be lost: a whole number such as 0, or a percentage of what was sent up to 100%, such as 0.1%, but it is `200%`',
      ],
    ],
    [
      'of replicas, where no stream has two',
      [
        ['replicas: 3 }', 'replicas: 1 }'],
        ['[acked-loss]', '[divergence]'],
      ],
      [
        '17:10 checks[0]: divergence compares the replicas of a stream, and no stream has two or more → Give one `replicas: 3`, with as many nodes, or leave the check out.',
      ],
    ],
    [
      'of what nobody acknowledges',
      [
        ['js-publish', 'publish'],
        [
          'orders.ack_latency:\n    - { expect: p99 < 250ms, during: steady }\n  recovery_time: ["max < 30s"]',
          'orders.lag: ["p99 < 1s"]',
        ],
      ],
      [
        '17:10 checks[0]: acked-loss judges publish, put, compare-and-set, and no load keeps a history of that → Add a load of a kind that does: js-publish, kv.',
      ],
    ],
    [
      'of a consumer that only some of its readers keep a history of',
      [['rate: 2k/s, for: 70s }', `rate: 2k/s, for: 70s }${readers('', ', history: false')}`]],
      [
        '19:10 checks[0]: acked-loss would take what quiet is given of ORDERS > jobs-1 for lost: it keeps no history, and workers does → Leave `history: false` out, or write it into every load that reads from this consumer.',
      ],
    ],
    [
      'of a consumer that none of its readers keeps a history of: not at all',
      [
        [
          'rate: 2k/s, for: 70s }',
          `rate: 2k/s, for: 70s }${readers(', history: false', ', history: false')}`,
        ],
      ],
      [],
    ],
    [
      'that does not look at consumers, of which only some keep a history: not at all',
      [
        ['rate: 2k/s, for: 70s }', `rate: 2k/s, for: 70s }${readers('', ', history: false')}`],
        ['[acked-loss]', '[order]'],
      ],
      [],
    ],
    [
      'of what no history is kept',
      [['rate: 2k/s, for: 70s', 'rate: 2k/s, for: 70s, history: false']],
      [
        '17:10 checks[0]: acked-loss judges publish, put, compare-and-set, and no history is kept of orders → Leave `history: false` out there, or leave the check out.',
      ],
    ],
  ]);
});

describe('a threshold', () => {
  const OF = 'thresholds["orders.ack_latency"]';
  toldOfEdits([
    [
      'of a load that is not there',
      [['orders.ack_latency', 'order.ack_latency']],
      ['19:3 thresholds["order.ack_latency"]: there is no load `order` → Did you mean `orders.ack_latency`?'],
    ],
    [
      'of a measure that the kind does not have',
      [['orders.ack_latency', 'firehose.ack_latency']],
      [
        '20:7 thresholds["firehose.ack_latency"][0]: firehose has no ack_latency: nothing acknowledges the operations of `publish` → Its measures of time: schedule_delay and lag.',
      ],
    ],
    [
      'of a schedule that there is none of',
      [
        ['rate: 2k/s', 'rate: max'],
        ['orders.ack_latency', 'orders.schedule_delay'],
      ],
      [
        '20:7 thresholds["orders.schedule_delay"][0]: orders has no schedule_delay: with `rate: max` nothing is due at a time → Its measures of time: ack_latency, service_time and lag.',
      ],
    ],
    [
      'without its unit',
      [['p99 < 250ms', 'p99 < 250']],
      [
        `20:17 ${OF}[0].expect: p99 of ack_latency: expected a duration with its unit, such as 250ms or 15s, not \`250\``,
      ],
    ],
    [
      'during a phase that is none',
      [['during: steady', 'during: storm']],
      [`20:38 ${OF}[0].during: expected one of steady, faults, warm-up, but it is \`storm\``],
    ],
    [
      'that is no list',
      [['["max < 30s"]', 'max < 30s']],
      ['21:18 thresholds.recovery_time: expected a list, such as ["p99 < 250ms"], but it is `max < 30s`'],
    ],
    [
      'of a recovery and of faults where there are none',
      [
        ['faults:\n  - { at: 20s, kind: node-kill, target: one, restart-after: 10s }\n', ''],
        ['during: steady', 'during: faults'],
      ],
      [
        `18:38 ${OF}[0].during: no fault ever holds in this scenario → Leave \`during\` out, or add a fault.`,
        '19:19 thresholds.recovery_time[0]: there is no fault to recover from → Add a fault, or leave this threshold out.',
      ],
    ],
  ]);
});
