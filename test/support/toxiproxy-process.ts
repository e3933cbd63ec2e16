import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshId } from '../../src/base/ids.js';
import { waitFor } from '../../src/base/wait.js';
import { endProcess } from '../../src/processes/end-process.js';
import { startMarkedProcess } from '../../src/processes/marked-process.js';
import { leaseTestPorts } from './test-ports.js';
import { toxiproxyPath } from './toxiproxy.js';

/** A Toxiproxy that stormglass did not start; `await using` ends it. */
export async function startTestToxiproxy(): Promise<AsyncDisposable & { readonly url: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'stormglass-toxiproxy-test-'));
  const lease = await leaseTestPorts(1);
  const url = `http://127.0.0.1:${lease.ports[0]}`;
  const { identity } = await startMarkedProcess({
    command: await toxiproxyPath(),
    args: ['-host', '127.0.0.1', '-port', String(lease.ports[0])],
    mark: `test-${freshId()}`,
    logFile: join(directory, 'log'),
  });
  const answers = async () => (await fetch(`${url}/version`)).ok;
  if (!(await waitFor(answers, { timeoutMs: 20_000 }))) throw new Error('Toxiproxy does not start');
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      await endProcess(identity, { graceMs: 500 });
      lease[Symbol.dispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
