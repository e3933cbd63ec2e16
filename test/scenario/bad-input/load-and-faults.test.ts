import { describe } from 'vitest';
import { toldOfEdits } from './told-of-edits.js';

const DURATION_OR_RANGE =
  'expected a duration with its unit, such as 30s or 1m30s, or a range of them, such as 2s..8s';
const TARGETS =
  'one, all, a number or a percentage of nodes, minority, majority, leader, follower, stream-leader(NAME), ' +
  'follower(NAME), consumer-leader(NAME, CONSUMER), most-clients, or the names of nodes';

describe('a load', () => {
  toldOfEdits([
    [
      'named as another',
      [['name: firehose', 'name: orders']],
      ['14:13 load[1].name: there are two loads named `orders` → Give one of them another name.'],
    ],
    [
      'of a kind that is not there',
      [['kind: publish', 'kind: pubish']],
      ['13:29 load[0].kind: there is no kind `pubish` → Did you mean `publish`?'],
    ],
    [
      'of a domain that no mix has',
      [['domains: [telemetry]', 'domains: [telemtry]']],
      ['13:48 load[0].domains[0]: events.mix has no domain `telemtry` → Did you mean `telemetry`?'],
    ],
    [
      'whose publishes no stream would acknowledge',
      [['domains: [orders], ', '']],
      [
        '14:5 load[1]: no stream captures `cim.events.telemetry.Sampled`, so nothing would acknowledge it → Add it to the subjects of a stream, or select other domains.',
      ],
    ],
    [
      'whose stream acknowledges nothing',
      [['replicas: 3', 'replicas: 3, no_ack: true']],
      [
        '14:5 load[1]: the stream ORDERS acknowledges nothing, as its no_ack says → Leave no_ack out, or use a load of another kind.',
      ],
    ],
    [
      'without a rate',
      [['rate: 20k/s, for: 60s', 'workers: 1']],
      [
        '13:5 load[0]: the load says no rate → Write `rate: 5k/s` with `for: 60s`, or `stages`; or `rate: max` with `for: 60s`.',
      ],
    ],
    [
      'without an end',
      [['rate: 20k/s, for: 60s', 'rate: max']],
      ['13:5 load[0]: the key `for` is missing: how long the load lasts → Write `for: 60s`, or `count: 1M`.'],
    ],
    [
      'with a rate and stages',
      [['for: 60s', 'stages: [{ hold: 60s }]']],
      ['13:73 load[0].stages: a load has a rate or stages, not both → Leave one of the two out.'],
    ],
    [
      'whose stages are no stages',
      [['rate: 20k/s, for: 60s', 'stages: [{ to: 5k/s, over: 5s }, { hold: 10s, to: 3k/s }, { to: 3/s }]']],
      [
        '13:93 load[0].stages[1]: a stage goes `to` a rate or holds the one it has, not both → Make it two stages.',
        '13:118 load[0].stages[2]: expected { to: 5k/s, over: 10s }, { hold: 60s }, { step: 5k/s, for: 10s } or { spike: 50k/s, for: 5s }',
      ],
    ],
    [
      'that never does anything',
      [['rate: 20k/s, for: 60s', 'rate: 1/h, for: 60s']],
      [
        '13:5 load[0]: this load asks for no operation at all: its rate is too low for its length → Raise the rate or the time.',
      ],
    ],
    [
      'with a parameter out of its kind’s bounds',
      [['rate: 2k/s', 'rate: 2k/s, window: 0']],
      ['14:78 load[1].window: expected more than 0, but it is `0`'],
    ],
  ]);
});

describe('a fault', () => {
  const LATE = '→ Make the load longer or the fault earlier.';
  toldOfEdits([
    [
      'on a node that does not exist',
      [['target: one', 'target: node2']],
      [
        `16:41 faults[0].target: there is no node \`node2\`: the nodes are n1, n2, n3 → A target is ${TARGETS}.`,
      ],
    ],
    [
      'on a target that is nearly one',
      [['target: one', 'target: leadre']],
      [
        '16:41 faults[0].target: there is no node `leadre`: the nodes are n1, n2, n3 → Did you mean `leader`?',
      ],
    ],
    [
      'on the leader of a stream that nobody declared',
      [['target: one', 'target: stream-leader(ORDRES)']],
      ['16:41 faults[0].target: there is no stream `ORDRES` → Did you mean stream-leader(ORDERS)?'],
    ],
    [
      'on the files of a stream that nobody declared',
      [
        ['restart-after: 10s', 'for: 10s, stream: ORDRES'],
        ['kind: node-kill', 'kind: file-truncate'],
      ],
      ['16:68 faults[0].stream: there is no stream `ORDRES` → Did you mean `ORDERS`?'],
    ],
    [
      'whose keys do not go together',
      [
        ['restart-after: 10s', 'for: 10s'],
        ['kind: node-kill', 'kind: memory-pressure'],
      ],
      ['16:5 faults[0]: expected either `size` or `percent`'],
    ],
    [
      'in pieces of no size',
      [
        ['restart-after: 10s', 'for: 10s, average-size: 0B'],
        ['kind: node-kill', 'kind: packet-slicer'],
      ],
      ['16:74 faults[0].average-size: expected a size of 1B to 1KiB, but it is `0B`'],
    ],
    [
      'that begins after the load',
      [['at: 20s', 'at: 80s']],
      [`16:11 faults[0].at: the fault begins at 80 s, but the load ends at 70 s ${LATE}`],
    ],
    [
      'that ends after the load',
      [['restart-after: 10s', 'restart-after: 60s']],
      [
        `16:61 faults[0].restart-after: the fault ends at 80 s, but the load ends at 70 s: its recovery cannot be seen ${LATE}`,
      ],
    ],
    [
      'without the time it holds',
      [['restart-after: 10s', 'signal: SIGTERM']],
      [`16:5 faults[0].restart-after: this key is missing: ${DURATION_OR_RANGE}`],
    ],
    [
      'that lasts no time',
      [['restart-after: 10s', 'restart-after: 0s']],
      [
        '16:61 faults[0].restart-after: expected a duration above zero and up to 30d, such as 30s, 250ms or 1m30s, but it is `0s`',
      ],
    ],
    [
      'that the driver cannot make',
      [
        [
          'driver: process, nodes: 3',
          'driver: external, servers: [nats://10.0.0.1:4222], allow: [10.0.0.1:4222]',
        ],
      ],
      [
        '16:22 faults[0].kind: node-kill needs process-control, which the external driver does not have: it injects nothing there → Give each of cluster.nodes a `container`, or `commands`; or use driver: process or driver: docker, or leave the fault out.',
      ],
    ],
    [
      'that acts between nodes, of which there is one',
      [
        ['driver: process, nodes: 3', 'driver: process, nodes: 1'],
        ['kind: node-kill, target: one, restart-after: 10s', 'kind: partition, target: one, for: 10s'],
        ['replicas: 3', 'replicas: 1'],
      ],
      [
        '16:22 faults[0].kind: partition acts on what goes between nodes, and the cluster has one node → Ask for more nodes, or let it act on what clients send.',
      ],
    ],
  ]);
});
