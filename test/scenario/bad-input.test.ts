import { describe, expect, it } from 'vitest';
import { edited, told } from './plugins.js';

type Edit = readonly [from: string, to: string];
type Case = readonly [what: string, edits: readonly Edit[], told: readonly string[]];

const each = (cases: readonly Case[]) =>
  it.each(cases)('%s', (_, edits, expected) => {
    expect(told(edited(...edits))).toEqual(expected);
  });

const RATE = 'expected a rate above zero with its unit, such as 20k/s, 600/m or 200MiB/s, or max';
const DURATION = 'expected a duration with its unit, such as 30s, 250ms or 1m30s';
const DURATION_OR_RANGE =
  'expected a duration with its unit, such as 30s or 1m30s, or a range of them, such as 2s..8s';
const TARGETS =
  'one, all, a number or a percentage of nodes, minority, majority, leader, follower, stream-leader(NAME), ' +
  'follower(NAME), consumer-leader(NAME, CONSUMER), most-clients, or the names of nodes';
const NAME = 'expected a name of letters, digits, - and _ (64 at most), starting with a letter or a digit';
const ROOT_KEYS =
  'version, name, seed, cluster, events, streams, load, faults, guards, steady-state, checks, thresholds, alerts, monitor, traces, limits';

describe('a key that the format does not know', () => {
  each([
    [
      'at the top',
      [['streams:', 'straems:']],
      ['10:1 straems: unknown key `straems` → Did you mean `streams`?'],
    ],
    [
      'in a load',
      [['rate: 2k/s', 'raet: 2k/s']],
      ['14:58 load[1].raet: unknown key `raet` → Did you mean `rate`?'],
    ],
    [
      'of a driver',
      [['nodes: 3', 'ndoes: 3']],
      ['4:29 cluster.ndoes: unknown key `ndoes` → Did you mean `nodes`?'],
    ],
    [
      'of a fault, in the style of another language',
      [['restart-after', 'restartAfter']],
      ['16:46 faults[0].restartAfter: unknown key `restartAfter` → Did you mean `restart-after`?'],
    ],
    [
      'of a stream',
      [['replicas: 3', 'maxmsgs: 3']],
      ['11:54 streams[0].maxmsgs: unknown key `maxmsgs` → Did you mean `max_msgs`?'],
    ],
    [
      'deep inside a driver’s parameters',
      [['nodes: 3', 'jetstream: { storag: file }']],
      ['4:42 cluster.jetstream.storag: unknown key `storag` → Did you mean `storage`?'],
    ],
    [
      'in a threshold',
      [['during: steady', 'durng: steady']],
      ['20:30 thresholds["orders.ack_latency"][0].durng: unknown key `durng` → Did you mean `during`?'],
    ],
    [
      'that is near to none: all are listed',
      [['checks:', 'zebra: 1\nchecks:']],
      [`17:1 zebra: unknown key \`zebra\` → The keys here are ${ROOT_KEYS}.`],
    ],
  ]);
});

describe('a quantity', () => {
  each([
    ['without its unit', [['20k/s', '20k']], [`13:66 load[0].rate: ${RATE}, but it is \`20k\``]],
    ['that is a mere number', [['20k/s', '5']], [`13:66 load[0].rate: ${RATE}, but it is \`5\``]],
    ['of another kind', [['20k/s', '20s']], [`13:66 load[0].rate: ${RATE}, but it is \`20s\``]],
    [
      'below zero',
      [['20k/s', '-5k/s']],
      [`13:66 load[0].rate: ${RATE}, but it is \`-5k/s\` → It cannot be negative.`],
    ],
    ['that is zero', [['20k/s', '0/s']], [`13:66 load[0].rate: ${RATE}, but it is \`0/s\``]],
    [
      'of time without a unit',
      [['at: 20s', 'at: 20']],
      [`16:11 faults[0].at: ${DURATION}, but it is \`20\``],
    ],
    [
      'of bytes without a unit',
      [['replicas: 3', 'max_bytes: 1000']],
      [
        '11:65 streams[0].max_bytes: expected a size with its unit, such as 64KiB or 1GiB, or -1 for no limit, but it is `1000`',
      ],
    ],
    [
      'too small for the stamp that every event carries',
      [['16B..64B', '8B..64B']],
      [
        '9:52 events.mix[1].size: an event has at least 16B: it carries who wrote it, its number and when it was due, but it is `8B`',
      ],
    ],
    [
      'range that is upside down',
      [['16B..64B', '64B..16B']],
      ['9:52 events.mix[1].size: expected a range from the smaller to the larger size, but it is `64B..16B`'],
    ],
  ]);
});

describe('a cluster', () => {
  each([
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
  each([
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
  each([
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

describe('a load', () => {
  each([
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
  each([
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

describe('a check', () => {
  each([
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
  each([
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

describe('the rest of a scenario', () => {
  each([
    [
      'of another version',
      [['version: 1', 'version: 2']],
      ['1:10 version: expected 1, the version of the format, but it is `2`'],
    ],
    [
      'without a version',
      [['version: 1\n', '']],
      ['1:1 version: this key is missing: expected 1, the version of the format'],
    ],
    [
      'with a name that no directory can have',
      [['partition', 'a/b']],
      [`2:7 name: ${NAME}, but it is \`a/b\``],
    ],
    [
      'with a seed below zero',
      [['seed: 42', 'seed: -3']],
      ['3:7 seed: expected a whole number from 0 on, such as 42, but it is `-3` → It cannot be negative.'],
    ],
    [
      'with a monitor that cannot be, and limits without units',
      [['checks: [acked-loss]', 'monitor: { port: 99999 }\nlimits: { drian: 3s, heal: 5 }']],
      [
        '17:18 monitor.port: expected at most 65535, but it is `99999`',
        '18:11 limits.drian: unknown key `drian` → Did you mean `drain`?',
        `18:28 limits.heal: ${DURATION}, but it is \`5\``,
      ],
    ],
    [
      'with a monitor that looks past the events',
      [['checks: [acked-loss]', 'monitor: { subject: cim.events.orders.> }']],
      [
        '17:21 monitor.subject: with `cim.events.orders.>` the monitor would not see `cim.events.telemetry.Sampled` → Leave it out: it follows from events.subject.',
      ],
    ],
  ]);

  it('tells all errors of all sections at once, in the order of the file', () => {
    const text = edited(
      ['name: partition', 'name: a b'],
      ['nodes: 3', 'nodes: 0'],
      ['size: 256B', 'size: 256'],
      ['replicas: 3', 'replica: 3'],
      ['20k/s', '20k'],
      ['kind: node-kill', 'kind: node-kil'],
      ['[acked-loss]', '[acked-los]'],
      ['p99 <', 'p99 <<'],
    );
    expect(told(text).map((line) => line.split(' ', 2).join(' '))).toEqual([
      '2:7 name:',
      '4:36 cluster.nodes:',
      '8:64 events.mix[0].size:',
      '11:54 streams[0].replica:',
      '13:66 load[0].rate:',
      '16:22 faults[0].kind:',
      '17:10 checks[0]:',
      '20:17 thresholds["orders.ack_latency"][0].expect:',
    ]);
  });
});
