// Servers and tools for the benches: found by options or on the PATH, run on 127.0.0.1, gone at the end.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { surroundingsOf } from '../../dist/cli/surroundings.js';
import { provideTool } from '../../dist/processes/tools/provide-tool.js';

/** The path of a tool: `--<name>=PATH`, or wherever stormglass finds or builds it: the PATH, its cache, Go. */
export async function findTool(name) {
  const explicitPath = process.argv
    .find((argument) => argument.startsWith(`--${name}=`))
    ?.slice(name.length + 3);
  const { cacheDir, path, env } = surroundingsOf(process.env);
  const progress = (line) => console.error(line);
  const found = await provideTool(name, {
    cacheDir,
    path,
    env,
    progress,
    explicitPath,
    signal: new AbortController().signal,
  });
  return found.path;
}

/** One nats-server on random ports, with these settings beside them; `stop` ends it and removes what it wrote. */
export async function startBenchServer({ jetstream = false, settings = {} } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'stormglass-bench-'));
  const config = join(directory, 'server.conf');
  writeFileSync(
    config,
    JSON.stringify({ ...(jetstream && { jetstream: { store_dir: join(directory, 'store') } }), ...settings }),
  );
  const child = spawn(
    await findTool('nats-server'),
    ['-a', '127.0.0.1', '-p', '-1', '-m', '-1', '-c', config, '--ports_file_dir', directory],
    { stdio: 'ignore' },
  );
  // Whatever ends the bench, nothing of it stays.
  const clear = () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      // Nothing can be awaited any more, and a server that is still dying would write again.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', clear);
  const interrupted = () => process.exit(1);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, interrupted);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const ports = await until(() => {
    const file = readdirSync(directory).find((name) => name.endsWith('.ports'));
    return file && JSON.parse(readFileSync(join(directory, file), 'utf8'));
  });
  const monitorUrl = ports.monitoring[0];
  await until(async () => (await fetch(`${monitorUrl}/healthz`)).ok);
  return {
    pid: child.pid,
    port: Number(new URL(ports.nats[0]).port),
    /** Where others can join it: none without `cluster` among its settings. */
    clusterUrl: ports.cluster?.[0],
    async connz() {
      return await (await fetch(`${monitorUrl}/connz?limit=1000`)).json();
    },
    async varz() {
      return await (await fetch(`${monitorUrl}/varz`)).json();
    },
    async stop() {
      child.kill('SIGKILL');
      await ended;
      rmSync(directory, { recursive: true, force: true });
      process.off('exit', clear);
      for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, interrupted);
    },
  };
}

async function until(look) {
  for (let attempt = 0; attempt < 500; attempt++) {
    try {
      const seen = await look();
      if (seen) return seen;
    } catch {
      // Not yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the server did not start');
}
