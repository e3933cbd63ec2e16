import { messageOf } from '../base/errors.js';
import type { ClusterNode } from '../contracts/cluster.js';
import { readHealthz, readJsz } from '../nats/endpoints.js';
import type { NodeLook } from './node-looks.js';

/**
 * What the server says of its JetStream: `ok` it is on, and everything that it has a part in is current; `behind` it is
 * on; `off` the server runs without it.
 */
export async function lookAtJetStream({
  name,
  monitorUrl,
}: ClusterNode): Promise<NodeLook<'ok' | 'behind' | 'off' | 'unreachable'>> {
  const at = `${name} JetStream`;
  if (monitorUrl === undefined)
    return { at, state: 'unreachable', saw: 'its monitoring endpoint is not known' };
  try {
    const [{ disabled = false }, { status, error = '' }] = await Promise.all([
      readJsz(monitorUrl),
      readHealthz(monitorUrl),
    ]);
    const said = `/healthz says ${status}${error && `: ${error}`}`;
    if (disabled) return { at, state: 'off', saw: `/jsz says disabled, ${said}` };
    return { at, state: status === 'ok' ? 'ok' : 'behind', saw: said };
  } catch (error) {
    return { at, state: 'unreachable', saw: messageOf(error) };
  }
}
