import type Docker from 'dockerode';
import { waitFor } from '../../base/wait.js';
import { engineError, unlessDone } from './open-engine.js';

/** The label by which everything that a run made in an engine is known; its value is the run's id. */
export const DOCKER_MARK = 'stormglass.run';

const GONE_WITHIN_MS = 30_000;

/** Containers, networks and volumes that carry a run's mark. */
export interface MarkedThings {
  readonly containers: readonly string[];
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
}

export async function findMarkedThings(docker: Docker, mark: string): Promise<MarkedThings> {
  const filters = { label: [`${DOCKER_MARK}=${mark}`] };
  const [containers, networks, { Volumes: volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return {
    containers: containers.map(({ Id }) => Id),
    networks: networks.map(({ Id }) => Id),
    volumes: (volumes ?? []).map(({ Name }) => Name),
  };
}

/** Removes all of it, running or not, and looks that nothing is left. Returns what was done; throws when something is. */
export async function removeMarkedThings(docker: Docker, mark: string): Promise<string> {
  const found = await findMarkedThings(docker, mark);
  if (isNothing(found)) return 'there was nothing';
  let left = found;
  let problem: unknown;
  // What is being removed by somebody else at the same moment goes by itself, but not at once.
  await waitFor(
    async () => {
      problem = await removeOnce(docker, left);
      left = await findMarkedThings(docker, mark);
      return isNothing(left);
    },
    { timeoutMs: GONE_WITHIN_MS, everyMs: 250 },
  );
  if (!isNothing(left)) {
    const names = [...left.containers, ...left.networks, ...left.volumes].map((id) => id.slice(0, 40));
    const why = problem === undefined ? '' : `: ${engineError(problem).text}`;
    throw new Error(`still there: ${names.join(', ')}${why}`, { cause: problem });
  }
  const { containers, networks, volumes } = found;
  return `removed ${containers.length} containers, ${networks.length} networks and ${volumes.length} volumes`;
}

/** Containers first: they hold on to the others. Returns the first problem, if there was one. */
async function removeOnce(docker: Docker, { containers, networks, volumes }: MarkedThings): Promise<unknown> {
  const steps = [
    () => containers.map((id) => docker.getContainer(id).remove({ force: true, v: true })),
    () => networks.map((id) => docker.getNetwork(id).remove()),
    () => volumes.map((name) => docker.getVolume(name).remove()),
  ];
  let problem: unknown;
  for (const step of steps) {
    const outcomes = await Promise.allSettled(step().map(unlessDone));
    problem ??= outcomes.find((outcome) => outcome.status === 'rejected')?.reason;
  }
  return problem;
}

function isNothing({ containers, networks, volumes }: MarkedThings): boolean {
  return containers.length + networks.length + volumes.length === 0;
}
