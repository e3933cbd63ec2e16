import { PreflightError } from '../base/errors.js';
import { formatInteger } from '../base/units.js';
import type { ClusterNode } from '../contracts/cluster.js';
import type { PrepareContext } from './load-kind.js';

/** What a process has open beside the sockets of a load, and will still open. */
const MARGIN = 200;

/**
 * Looks whether this process, and servers that run on this machine, may have so many sockets open. All threads of a
 * process share its limit, whatever it is asked for.
 *
 * @param what `load storm`
 * @throws PreflightError that says the limit and how to raise it
 */
export async function requireSockets(
  what: string,
  sockets: number,
  { openFiles, nodes }: Pick<PrepareContext, 'openFiles' | 'nodes'>,
): Promise<void> {
  if (openFiles === undefined) return;
  const require = async (who: string, count: number, pid?: number): Promise<void> => {
    const { open, limit } = await openFiles(pid);
    const needed = count + (open ?? 0) + MARGIN;
    if (limit === null || needed <= limit) return;
    throw new PreflightError(
      `${what} opens up to ${formatInteger(count)} connections${pid === undefined ? '' : ` to ${who}`}, and ${who} may have ` +
        `${formatInteger(limit)} files open${open === null ? '' : `, ${formatInteger(open)} of which are`}`,
      { hint: `raise the limit in the shell that starts it, \`ulimit -n ${needed}\`, or open fewer` },
    );
  };
  await require('this process', sockets);
  const share = Math.ceil(sockets / Math.max(1, nodes.length));
  for (const { name, pid } of pidsOf(nodes)) await require(name, share, pid);
}

const pidsOf = (nodes: readonly ClusterNode[]): { name: string; pid: number }[] =>
  nodes.flatMap(({ name, process }) => (process ? [{ name: `the server ${name}`, pid: process.pid }] : []));
