import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '../../src/base/wait.js';
import { runCommand } from '../../src/processes/run-command.js';
import { natsServerPath } from './nats-server.js';
import { leaseTestPorts } from './test-ports.js';

/** What somebody may have to look after their server with. */
const SCRIPT = `#!/bin/sh
# control.sh look|kill|start|pause|continue
cd "$(dirname "$0")" || exit 9
pid=$(cat pid 2>/dev/null || echo 0)
state=$(sed 's/.*) //' /proc/$pid/stat 2>/dev/null | cut -c1)
case $state in ''|Z|X) is=1 ;; T) is=2 ;; *) is=0 ;; esac
case $1 in
  look) [ $is = 1 ] || echo "$pid"; exit $is ;;
  kill) kill -9 $pid ;;
  pause) kill -STOP $pid ;;
  continue) kill -CONT $pid ;;
  start)
    [ $is = 1 ] || exit 0
    setsid "$SERVER" -c server.conf >server.log 2>&1 &
    echo $! >pid ;;
esac
`;

/** A nats-server that stormglass did not start, with a script that does as commands what its owner can do. */
export interface ForeignServer extends AsyncDisposable {
  readonly name: string;
  readonly address: string;
  readonly monitorUrl: string;
  readonly directory: string;
  /** The command for one act: `[…/control.sh, kill]`. */
  command(act: string): string[];
  /** All of them, as `commands` of a node that is handed over. */
  readonly commands: Readonly<Record<string, string[]>>;
  readonly pid: number;
  /** What `look` says. */
  look(): Promise<number>;
}

export async function startForeignServer(name: string): Promise<ForeignServer> {
  const directory = mkdtempSync(join(tmpdir(), 'stormglass-foreign-'));
  const lease = await leaseTestPorts(2);
  const [port, monitorPort] = lease.ports as [number, number];
  const script = join(directory, 'control.sh');
  writeFileSync(script, SCRIPT.replace('$SERVER', natsServerPath()));
  chmodSync(script, 0o755);
  writeFileSync(
    join(directory, 'server.conf'),
    `server_name: ${name}\nlisten: 127.0.0.1:${port}\nhttp: 127.0.0.1:${monitorPort}\njetstream { store_dir: '${directory}/store' }\n`,
  );
  const command = (act: string) => [script, act];
  const act = (what: string) => runCommand(command(what), { cwd: directory, timeoutMs: 30_000 });
  const monitorUrl = `http://127.0.0.1:${monitorPort}`;
  const pid = () => Number(readFileSync(join(directory, 'pid'), 'utf8'));
  await act('start');
  const isReady = async () => (await fetch(`${monitorUrl}/healthz`)).ok;
  if (!(await waitFor(isReady, { timeoutMs: 20_000 }))) throw new Error(`${name} does not start`);
  return {
    name,
    address: `127.0.0.1:${port}`,
    monitorUrl,
    directory,
    command,
    commands: Object.fromEntries(
      ['look', 'kill', 'start', 'pause', 'continue'].map((each) => [each, command(each)]),
    ),
    get pid() {
      return pid();
    },
    look: async () => (await act('look')).code,
    [Symbol.asyncDispose]: async () => {
      if ((await act('look')).code !== 1) await act('kill');
      lease[Symbol.dispose]();
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
