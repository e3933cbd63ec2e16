import { describe } from 'vitest';
import { NAME, toldOfEdits } from './told-of-edits.js';

describe('a cluster', () => {
  toldOfEdits([
    [
      'of zero nodes',
      [['nodes: 3', 'nodes: 0']],
      ['4:36 cluster.nodes: a cluster needs at least one server'],
    ],
    [
      'of a driver that is not there',
      [['driver: process', 'driver: proces']],
      ['4:20 cluster.driver: there is no driver `proces` → Did you mean `process`?'],
    ],
    [
      'without a driver',
      [['driver: process, ', '']],
      ['4:10 cluster: the key `driver` is missing: expected one of process, docker, external'],
    ],
    [
      'that is empty',
      [[' { driver: process, nodes: 3 }', '']],
      ['4:9 cluster: expected keys and their values, but it is empty'],
    ],
    [
      'that is missing',
      [['cluster: { driver: process, nodes: 3 }\n', '']],
      ['1:1 cluster: this key is missing'],
    ],
    [
      'without JetStream, but with streams',
      [['nodes: 3', 'nodes: 3, jetstream: false']],
      ['11:3 streams: there are streams, but the cluster has JetStream off → Turn it on: cluster.jetstream.'],
    ],
  ]);
});

describe('events', () => {
  const SUBJECT = '→ A subject looks like cim.events.{domain}.{type}.';
  toldOfEdits([
    [
      'without a place for the domain',
      [['{domain}.{type}', '{type}']],
      [
        `6:12 events.subject: expected {domain} as a token of its own, once, but it stands there 0 times ${SUBJECT}`,
      ],
    ],
    [
      'with a wildcard in their subject',
      [['cim.events.{domain}', 'cim.*.{domain}']],
      [`6:12 events.subject: a subject that events go to has no wildcard (* or >) ${SUBJECT}`],
    ],
    [
      'with a space in their subject',
      [['cim.events.{domain}', 'cim.my events.{domain}']],
      [`6:12 events.subject: a subject holds no spaces or control characters ${SUBJECT}`],
    ],
    [
      'that take the subjects of the server',
      [['cim.events.{domain}', '$JS.{domain}']],
      [`6:12 events.subject: subjects that begin with \`$JS\` belong to the server ${SUBJECT}`],
    ],
    [
      'whose subject is too long',
      [['cim.events', `cim.${'e'.repeat(234)}`]],
      [
        `9:35 events.mix[1].types: \`cim.${'e'.repeat(234)}.telemetry.Sampled\`: a subject has at most 255 characters`,
      ],
    ],
    [
      'whose weights are all 0',
      [['{ Placed: 70, Paid: 30 }', '{ Placed: 0, Paid: 0 }']],
      ['8:32 events.mix[0].types: all weights are 0 → Give at least one type a weight.'],
    ],
    [
      'with a negative weight and a type that is no name',
      [['{ Placed: 70, Paid: 30 }', '{ Placed: -1, "a b": 2 }']],
      [
        '8:42 events.mix[0].types.Placed: expected a weight: a number from 0 on, such as 70, but it is `-1` → It cannot be negative.',
        `8:46 events.mix[0].types["a b"]: ${NAME}, but it is \`a b\``,
      ],
    ],
    [
      'of one kind twice',
      [['[Sampled]', '[Sampled, Sampled]']],
      [
        '9:35 events.mix[1].types: `telemetry` has the type `Sampled` twice → Each kind of event stands once in the mix.',
      ],
    ],
  ]);
});

describe('a stream', () => {
  toldOfEdits([
    [
      'whose subjects no event matches',
      [
        ['[cim.events.orders.>]', '[cim.events.oders.>]'],
        ['js-publish', 'publish'],
        ['checks: [acked-loss]', 'checks: []'],
        [
          '  orders.ack_latency:\n    - { expect: p99 < 250ms, during: steady }\n  recovery_time: ["max < 30s"]\n',
          '  {}',
        ],
      ],
      [
        '11:31 streams[0].subjects: no event goes to `cim.events.oders.>` → Events go to subjects such as `cim.events.orders.Placed`.',
      ],
    ],
    [
      'with more replicas than there are nodes',
      [['replicas: 3', 'replicas: 4']],
      [
        '11:64 streams[0].replicas: 4 replicas need 4 nodes, but the cluster has 3 → Write 3 at most, or give the cluster more nodes.',
      ],
    ],
    [
      'that says its replicas twice',
      [['replicas: 3', 'replicas: 3, num_replicas: 3']],
      [
        '11:67 streams[0].num_replicas: `replicas` and `num_replicas` are the same field → Keep one of the two.',
      ],
    ],
    [
      'that overlaps another',
      [['load:', '  - { name: PLACED, subjects: ["cim.events.*.Placed"] }\nload:']],
      [
        '12:32 streams[1].subjects[0]: `cim.events.*.Placed` overlaps `cim.events.orders.>` of ORDERS → A subject can go to one stream only.',
      ],
    ],
    [
      'named as another',
      [['load:', '  - { name: ORDERS, subjects: [cim.events.telemetry.>] }\nload:']],
      ['12:13 streams[1].name: there are two streams named `ORDERS` → Give one of them another name.'],
    ],
    [
      'with a subject that is none',
      [['cim.events.orders.>', 'cim..orders.>']],
      [
        '11:32 streams[0].subjects[0]: a subject has no empty token: no dot at its start or end, no two in a row',
      ],
    ],
    [
      'without subjects',
      [['subjects: [cim.events.orders.>], ', '']],
      [
        '11:5 streams[0]: the key `subjects` is missing: expected what the stream captures, such as [cim.events.orders.>]',
      ],
    ],
  ]);
});
