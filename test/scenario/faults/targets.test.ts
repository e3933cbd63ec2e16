import { describe, expect, it } from 'vitest';
import type { TargetPlan } from '../../../src/contracts/plan/target.js';
import { plan, told } from '../plugins.js';
import { withFaults } from './planned-faults.js';

const scenario = (target: string, nodes = 5): string =>
  withFaults(`- { at: 20s, kind: node-kill, target: ${target}, restart-after: 10s, allow-quorum-loss: true }`)
    .replace('nodes: 3', `nodes: ${nodes}`)
    .replace('replicas: 3', `replicas: ${Math.min(nodes, 3)}`);

const target = (text: string, seed = 1, nodes = 5): TargetPlan | undefined =>
  plan(scenario(text, nodes), { seed }).faults[0]?.target;

const problem = (text: string, nodes = 5): string[] =>
  told(scenario(text, nodes)).map((line) => line.replace(/ → .*$/, ''));

const seeds = Array.from({ length: 40 }, (_, i) => i);

describe('a target', () => {
  it('is one node or several, by their names', () => {
    expect(target('n2')).toEqual({ role: 'node', node: 'n2' });
    expect(target('"n1, n3"')).toEqual({ role: 'nodes', nodes: ['n1', 'n3'], text: 'n1, n3' });
    expect(target('[n1, n3]')).toEqual({ role: 'nodes', nodes: ['n1', 'n3'], text: 'n1, n3' });
    expect(target('all')).toEqual({ role: 'nodes', nodes: ['n1', 'n2', 'n3', 'n4', 'n5'], text: 'all' });
  });

  it.each([
    ['2', 5, 2],
    ['40%', 5, 2],
    ['99%', 5, 4],
    ['34%', 3, 1],
    ['minority', 5, 2],
    ['minority', 3, 1],
    ['majority', 5, 3],
    ['majority', 3, 2],
    ['majority', 2, 2],
  ])('of `%s` among %i nodes is %i of them, any of which some seed draws', (text, nodes, count) => {
    const drawn = seeds.map((seed) => target(text, seed, nodes) as Extract<TargetPlan, { role: 'nodes' }>);
    const names = Array.from({ length: nodes }, (_, i) => `n${i + 1}`);
    for (const { nodes: each, text: said } of drawn) {
      expect(each).toHaveLength(count);
      expect(each).toEqual(names.filter((name) => each.includes(name)));
      expect(said).toBe(text);
    }
    expect(new Set(drawn.flatMap((one) => one.nodes))).toEqual(new Set(names));
    expect(drawn.every((one) => (one.drawn ?? false) === count < nodes)).toBe(true);
  });

  it('may be a role, with the draw among those who will have it', () => {
    expect(target('leader')).toEqual({ role: 'leader' });
    expect(target('most-clients')).toEqual({ role: 'most-clients' });
    expect(target('stream-leader(ORDERS)')).toEqual({ role: 'stream-leader', stream: 'ORDERS' });
    expect(target('"consumer-leader(ORDERS, worker)"')).toEqual({
      role: 'consumer-leader',
      stream: 'ORDERS',
      consumer: 'worker',
    });
    const follower = target('follower(ORDERS)') as Extract<TargetPlan, { role: 'stream-follower' }>;
    expect(follower).toMatchObject({ role: 'stream-follower', stream: 'ORDERS' });
    const draws = seeds.map((seed) => (target('follower', seed) as { draw: number }).draw);
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    expect(new Set(draws).size).toBe(seeds.length);
  });

  it.each([
    ['n7', 5, 'there is no node `n7`: the nodes are n1, n2, n3, n4, n5'],
    ['"n1, n7"', 5, 'there is no node `n7`: the nodes are n1, n2, n3, n4, n5'],
    ['"n1, n1"', 5, 'the node `n1` stands here twice'],
    ['"n1,"', 5, 'one of the names of nodes is empty'],
    ['0', 5, '0 nodes are none: nothing would be hit'],
    ['6', 5, 'there are only 5 nodes, not 6'],
    ['0%', 5, '0% of 5 nodes is not one whole node'],
    ['30%', 3, '30% of 3 nodes is not one whole node'],
    ['120%', 5, '120% is more than all nodes'],
    ['minority', 2, 'a cluster of 2 nodes has no minority that it could do without'],
    ['follower(ODRERS)', 3, 'there is no stream `ODRERS`'],
    ['stream-leader', 3, '`stream-leader` needs the name of a stream: stream-leader(NAME)'],
    [
      'consumer-leader(ORDERS)',
      3,
      '`consumer-leader` needs a stream and a consumer of it: consumer-leader(NAME, CONSUMER)',
    ],
    ['quorum(ORDERS)', 3, 'there is no target `quorum(…)`'],
  ])('that is nobody is refused: `%s` of %i nodes', (text, nodes, message) => {
    expect(problem(text, nodes)).toEqual([expect.stringContaining(`faults[0].target: ${message}`)]);
  });

  it('is none among the followers of a stream that has only its leader', () => {
    const text = scenario('follower(ORDERS)', 3).replace('replicas: 3', 'replicas: 1');
    expect(told(text)).toEqual([
      expect.stringContaining('the stream ORDERS has one replica, which leads: there is no follower'),
    ]);
  });
});
