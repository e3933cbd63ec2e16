import { openEngine } from '../../src/processes/docker/open-engine.js';
import { findMarkedThings } from '../../src/processes/docker/remove-marked.js';
import { scenarioText, type Workplace } from './cli.js';
import { dockerEngine } from './docker-engine.js';

/** A leader of three servers is killed. */
export const LEADER_KILL = scenarioText({
  cluster: '{ driver: process, nodes: 3 }',
  // An election, which takes up to nine seconds, is less than half of it.
  load: '[{ name: orders, kind: js-publish, domains: [orders], rate: 200/s, for: 20s, max-lateness: 30s }]',
  faults: '[{ at: 2s, kind: node-kill, target: stream-leader(ORDERS), restart-after: 2s }]',
});

/** What has a scenario go on containers. */
export const ON_DOCKER = [
  '--set',
  'cluster.driver=docker',
  '--set',
  'cluster.image=stormglass-test-nats:scratch',
];

export const DOCKER_ENV = { DOCKER_HOST: dockerEngine as string };

/** What the engine has of the only run of a place: containers, networks, volumes. */
export async function leftOnDocker(place: Workplace): Promise<string[]> {
  const docker = await openEngine(dockerEngine as string);
  const mark = place.journal().find(({ type }) => type === 'run-started')?.run as string;
  const { containers, networks, volumes } = await findMarkedThings(docker, mark);
  return [...containers, ...networks, ...volumes];
}
