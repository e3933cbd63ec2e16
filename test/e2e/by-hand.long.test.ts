import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { scenarioText, Workplace } from '../support/cli.js';
import { pauseProcess } from '../support/pause-process.js';

const GAME_DAY = scenarioText({
  load: '[{ name: orders, kind: js-publish, domains: [orders], rate: 200/s, for: 600s, max-lateness: 30s }]',
  faults: '[{ at: 1s, kind: node-kill, target: n3, restart-after: 500s }]',
});

it('a game day: faults by hand, healing by hand, refusals, status and the trail of all of it', async () => {
  await using place = new Workplace();
  const ask = (...args: string[]) => place.run(args);

  const nobody = await ask('inject', 'node-kill', '--target', 'n1');
  expect(nobody).toMatchObject({ code: 2, stdout: '' });
  expect(nobody.stderr).toContain('stormglass run <scenario.yaml>');
  expect((await ask('status')).stdout).toBe('no run goes on\n');

  const run = place.startScenario(GAME_DAY);
  await place.event((event) => event.type === 'fault-observed', 'the fault of the scenario');
  const [, id] = /-([0-9a-z]+)$/.exec(place.runDir()) as unknown as [string, string];
  const socket = join(place.state, 'stormglass', 'runs', `${id}.sock`);
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  const status = await ask('status');
  expect(status.stdout).toMatch(/^run \w+ \(.*s\.yaml\): load, .* since the load began/);
  expect(status.stdout).toContain('fault-1 node-kill on n3: holding');

  const [refused, wrong, unlinked, unmounted, unknown, unnamed] = await Promise.all([
    ask('inject', 'node-kill', '--target', 'n1', '--run', id),
    ask('inject', 'node-kill', '--target', 'n1', '--param', 'signal=SIGHUP', '--for', 'ever'),
    ask('inject', 'partition', '--target', 'n1'),
    ask('inject', 'disk-full', '--target', 'n1'),
    ask('heal', 'fault-9'),
    ask('heal'),
  ]);
  expect(refused.code, refused.stderr).toBe(6);
  expect(refused.stderr).toMatch(
    /hand-\d: refused: it would, with n3 away already, take the quorum of .*meta \(n1, n2, n3\)/,
  );
  expect(wrong.code, wrong.stderr).toBe(2);
  expect(wrong.stderr).toContain('signal: expected SIGKILL or SIGTERM');
  expect(wrong.stderr).toContain('restart-after: expected a duration');
  expect(unlinked.code, unlinked.stderr).toBe(2);
  expect(unlinked.stderr).toContain('cluster: { links: true }');
  expect(unmounted.code, unmounted.stderr).toBe(2);
  expect(unmounted.stderr).toContain('cluster: { volumes: { size: 256MiB } }');
  expect(unknown.code, unknown.stderr).toBe(2);
  expect(unknown.stderr).toContain('those that hold are fault-1');
  expect(unnamed.code, unnamed.stderr).toBe(2);

  const healed = await ask('heal', 'fault-1');
  expect(healed).toMatchObject({ code: 0 });
  expect(healed.stderr).toContain('fault-1: reverted: healed early by hand');
  await waitFor(() => place.serverPids().size === 3, { timeoutMs: 30_000 });

  const made = await ask('inject', 'node-pause', '--target', 'n2', '--for', '500s');
  expect(made).toMatchObject({ code: 0 });
  expect(made.stderr).toContain('injected');
  expect(made.stderr).toMatch(/during: n2/);
  const waited = place.start([
    'inject',
    'node-kill',
    '--target',
    'n1',
    '--allow-quorum-loss',
    '--for',
    '1s',
    '--wait',
    '--json',
  ]);
  expect((await waited.ended).code).toBe(0);
  const answers = (await waited.ended).stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(answers[0]).toMatchObject({ say: 'accepted' });
  expect(answers.at(-1)).toMatchObject({
    say: 'results',
    results: [{ kind: 'node-kill', status: 'reverted', targets: ['n1'] }],
  });

  // What still holds when the run ends is healed at its end.
  run.child.kill('SIGINT');
  expect((await run.ended).code).toBe(130);
  const { faults, verdict, audit } = place.summary();
  expect(faults.map(({ kind, status, byHand }) => [kind, status, byHand === undefined])).toEqual([
    ['node-kill', 'reverted', true],
    ['node-kill', 'refused', false],
    ['node-pause', 'reverted', false],
    ['node-kill', 'reverted', false],
  ]);
  expect(verdict.reasons.map(({ exit }) => exit)).not.toContain('unreverted');
  expect(verdict.reasons.map(({ text }) => text).join()).not.toContain('refused');
  expect(faults.every(({ status, before }) => status === 'refused' || before?.holds === true)).toBe(true);
  expect(existsSync(socket)).toBe(false);
  expect(await place.leftovers()).toEqual([]);

  const verified = await ask('audit', 'verify', place.runDir());
  expect(verified.code, verified.stderr).toBe(0);
  expect(verified.stderr).toContain(`whole, ${audit?.entries} lines, as the run’s summary says`);
  const shown = await ask('audit', 'show', place.runDir());
  expect(shown.stdout).toMatch(/\(hand\) {2}refused {2}hand-\d+ node-kill on n1/);
  expect(shown.stdout).toContain('undone by: ');
  const trail = join(place.runDir(), 'audit.ndjson');
  writeFileSync(trail, readFileSync(trail, 'utf8').replace('"targets":["n1"]', '"targets":["n2"]'));
  const changed = await ask('audit', 'verify', trail);
  expect(changed.code, changed.stderr).toBe(6);
  expect(changed.stderr).toMatch(/broken at line \d+: it was changed/);
  expect((await ask('audit', 'verify', place.temp)).code).toBe(2);
});

it('a fault by hand is healed by the watchdog when the run is killed, and its socket goes', async () => {
  await using place = new Workplace();
  const scenario = scenarioText({
    load: '[{ name: orders, kind: js-publish, domains: [orders], rate: 100/s, for: 120s, max-lateness: 30s }]',
  });
  const run = place.startScenario(scenario);
  await place.event((event) => event.type === 'phase' && event.phase === 'load', 'the load');
  await waitFor(
    async () => (await place.run(['inject', 'node-kill', '--target', 'n1', '--for', '60s'])).code === 0,
    {
      timeoutMs: 60_000,
    },
  );
  run.child.kill('SIGKILL');
  await run.ended;
  expect(await place.leftovers()).toEqual([]);
  const trail = await place.run(['audit', 'show', place.runDir()]);
  expect(trail.stdout).toMatch(/\(hand\) {2}injected/);
  expect(trail.stdout).toMatch(/\(watchdog\) {2}undone/);
  expect((await place.run(['audit', 'verify', place.runDir()])).code).toBe(0);
});

it('whoever waits for a run that stands still may leave it, and does not end it by that', async () => {
  await using place = new Workplace();
  const run = place.startScenario(GAME_DAY);
  await place.event((event) => event.type === 'fault-observed', 'the fault of the scenario');
  const [, id] = /-([0-9a-z]+)$/.exec(place.runDir()) as unknown as [string, string];
  const socket = join(place.state, 'stormglass', 'runs', `${id}.sock`);
  await pauseProcess(run.child.pid as number);
  try {
    const asked = place.start(['heal', '--all']);
    // Once it has asked: a Ctrl-C before that would end any program.
    await waitFor(() => socketsAt(socket) > 1, { timeoutMs: 60_000, everyMs: 10 });
    asked.child.kill('SIGINT');
    const end = await asked.ended;
    expect(end.code, end.stderr).toBe(130);
    expect(end.stderr).toMatch(/no longer listening to run \w+: stopped by Ctrl-C/);
  } finally {
    run.child.kill('SIGCONT');
  }
  run.child.kill('SIGINT');
  expect((await run.ended).code).toBe(130);
  expect(await place.leftovers()).toEqual([]);
});

/** How many sockets of that path there are: one that listens, and one for each that has called. */
const socketsAt = (path: string): number =>
  readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .filter((line) => line.endsWith(` ${path}`)).length;
