#!/usr/bin/env node
// Runs a command with a Docker engine at hand: the one that answers already, or one of its own that ends with it.
//   node scripts/with-docker-engine.mjs npx vitest run test/clusters/docker
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const STARTS_WITHIN_MS = 60_000;
const ENDS_WITHIN_MS = 30_000;

/** What an engine answers on a Unix socket; `undefined` where none does. */
function ask(socketPath, method, path) {
  return new Promise((resolve) => {
    const call = request({ socketPath, method, path, timeout: 10_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve(response.statusCode < 300 ? body : undefined));
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(undefined));
    call.end();
  });
}

const answers = async (socketPath) => (await ask(socketPath, 'GET', '/_ping')) !== undefined;

/** An engine that ends leaves the bridges of its networks in the kernel, so what tests forgot goes before it. */
async function empty(socketPath) {
  const listed = async (path) => JSON.parse((await ask(socketPath, 'GET', path)) ?? '[]');
  for (const { Id } of await listed('/containers/json?all=true'))
    await ask(socketPath, 'DELETE', `/containers/${Id}?force=true&v=true`);
  for (const { Id } of await listed('/networks')) await ask(socketPath, 'DELETE', `/networks/${Id}`);
}

function ended(child) {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

/** Everything of the engine lies in one directory; it touches no firewall and makes no bridge but those it is asked for. */
async function startEngine() {
  const directory = mkdtempSync(join(tmpdir(), 'sg-docker-'));
  const socketPath = join(directory, 'docker.sock');
  const logFile = join(directory, 'log');
  const log = openSync(logFile, 'a');
  const args = [
    ...['--data-root', join(directory, 'data'), '--exec-root', join(directory, 'exec')],
    ...['--pidfile', join(directory, 'pid'), '--host', `unix://${socketPath}`],
    ...['--bridge', 'none', '--iptables=false'],
  ];
  const child = spawn('dockerd', args, { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  const end = ended(child);
  let over;
  void end.then((how) => {
    over = how;
  });
  const close = async () => {
    if (over === undefined) {
      await empty(socketPath);
      child.kill('SIGTERM');
    }
    const late = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN_MS);
    await end;
    clearTimeout(late);
    try {
      rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    } catch (error) {
      // What the command came to does not change by it.
      console.error(`${directory} could not be removed: ${error.message}`);
    }
  };
  const startedAt = Date.now();
  while (!(await answers(socketPath))) {
    if (over === undefined && Date.now() - startedAt < STARTS_WITHIN_MS) {
      await sleep(100);
      continue;
    }
    const why = over?.error?.message ?? readFileSync(logFile, 'utf8').split('\n').slice(-10).join('\n');
    await close();
    throw new Error(`dockerd does not start (Debian: apt-get install docker.io; it needs root): ${why}`);
  }
  return { host: `unix://${socketPath}`, close };
}

const [command, ...args] = process.argv.slice(2);
if (command === undefined) throw new Error('usage: with-docker-engine.mjs <command> [argument…]');
const isThere = process.env.DOCKER_HOST !== undefined || (await answers('/var/run/docker.sock'));
const engine = isThere ? undefined : await startEngine();
const child = spawn(command, args, {
  stdio: 'inherit',
  env: { ...process.env, ...(engine && { DOCKER_HOST: engine.host }) },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
const { code, signal, error } = await ended(child);
if (error) console.error(error.message);
await engine?.close();
process.exitCode = signal ? 1 : (code ?? 1);
