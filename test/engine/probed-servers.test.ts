import { describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../src/contracts/cluster.js';
import type { ServerTarget } from '../../src/contracts/monitor.js';
import { ProbedServers } from '../../src/engine/probed-servers.js';

const node = (name: string, more: Partial<ClusterNode> = {}): ClusterNode => ({
  name,
  host: '127.0.0.1',
  clientPort: 4222,
  monitorUrl: `http://127.0.0.1/${name}`,
  ...more,
});

describe('the servers that the probe of a run asks', () => {
  it('are told anew when nodes come, go or are replaced, and not when they only start', () => {
    const nodes = [node('n1'), node('n2')];
    const told: (readonly ServerTarget[])[] = [];
    const servers = new ProbedServers({ nodes }, (targets) => told.push(targets));
    servers.look();
    nodes[0] = node('n1', { process: { pid: 7, startedAt: 'then' } });
    servers.look();
    expect(told).toEqual([]);
    nodes.push(node('n3'));
    servers.look();
    nodes.splice(1, 1, node('n2', { serverName: 'n2-2' }));
    servers.look();
    expect(told.map((targets) => targets.map(({ name, serverName }) => serverName ?? name))).toEqual([
      ['n1', 'n2', 'n3'],
      ['n1', 'n2-2', 'n3'],
    ]);
  });

  it('leave out a node whose endpoint nobody knows', () => {
    const told: (readonly ServerTarget[])[] = [];
    const nodes = [node('n1')];
    const servers = new ProbedServers({ nodes }, (targets) => told.push(targets));
    const { monitorUrl: _, ...hidden } = node('n2');
    nodes.push(hidden, node('n3'));
    servers.look();
    expect(told[0]?.map(({ name }) => name)).toEqual(['n1', 'n3']);
  });
});
