import type Docker from 'dockerode';
import { lookAtContainer } from './containers.js';
import { TrafficControl } from './traffic-control.js';

/** Takes every shaping off what a container sends into a network, and verifies it. Returns what was done or found. */
export async function unshapeContainer(docker: Docker, ref: string, network: string): Promise<string> {
  const look = await lookAtContainer(docker, ref);
  if (look === undefined) return 'the container is gone';
  const address = look.addresses[network];
  // Its queues go with its network namespace, and with its end of the network.
  if (look.pid === 0 || address === undefined) return `${look.name} has no part in ${network} now`;
  const control = await TrafficControl.at(look.pid, address);
  await control.lay([]);
  if ((await control.lanes()) > 0) throw new Error(`what ${look.name} sends into ${network} is still shaped`);
  return `${look.name} sends into ${network} as fast as it can`;
}
