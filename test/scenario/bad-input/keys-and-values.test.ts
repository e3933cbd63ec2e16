import { describe, expect, it } from 'vitest';
import { edited, told } from '../plugins.js';
import { DURATION, NAME, toldOfEdits } from './told-of-edits.js';

const RATE = 'expected a rate above zero with its unit, such as 20k/s, 600/m or 200MiB/s, or max';
const ROOT_KEYS =
  'version, name, seed, cluster, events, streams, load, faults, guards, steady-state, checks, thresholds, alerts, monitor, traces, limits';

describe('a key that the format does not know', () => {
  toldOfEdits([
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
  toldOfEdits([
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

describe('the rest of a scenario', () => {
  toldOfEdits([
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
      'with a seed that is too large, as it is written',
      [['seed: 42', 'seed: 99999999999999999999']],
      [
        '3:7 seed: expected a whole number from 0 to 9007199254740991, such as 42, but it is `99999999999999999999`',
      ],
    ],
    [
      'with a seed below zero',
      [['seed: 42', 'seed: -3']],
      [
        '3:7 seed: expected a whole number from 0 to 9007199254740991, such as 42, but it is `-3` → It cannot be negative.',
      ],
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
