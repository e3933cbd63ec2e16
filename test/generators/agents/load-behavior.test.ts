import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PreflightError } from '../../../src/base/errors.js';
import { type AgentsParams, agentsSchema } from '../../../src/generators/agents/agents-schema.js';
import { loadBehavior } from '../../../src/generators/agents/load-behavior.js';
import { startTestServer } from '../../support/nats-server.js';
import { agents, runAgents } from './agents-under-test.js';

const directory = mkdtempSync(join(tmpdir(), 'stormglass-behaviors-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function written(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

const params = (behavior: string): AgentsParams => agentsSchema.parse({ agents: 1, behavior });

async function refusal(behavior: string): Promise<PreflightError> {
  const thrown = await loadBehavior(params(behavior)).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof PreflightError)) throw new Error(`it was not refused: ${String(thrown)}`);
  return thrown;
}

describe('a behaviour in a file', () => {
  it('is refused with the line that throws while it loads', async () => {
    const file = written('burnt.ts', "const a = 1;\nthrow new Error('burnt' + a);\nexport default {};\n");
    expect((await refusal(file)).message).toMatch(/does not load: burnt1 \(burnt\.ts:2\)$/);
  });

  it('is TypeScript, with modules of its own beside it', async () => {
    written('limits.ts', 'export enum Limit { warm = 25 }\nexport type Celsius = number;\n');
    const file = written(
      'typed.ts',
      `import { readFileSync } from 'node:fs';
       import { type Agent, defineBehavior } from 'stormglass';
       import { type Celsius, Limit } from './limits.ts';
       const limit: Celsius = Limit.warm satisfies number;
       export default defineBehavior({
         state: ['celsius'],
         start(agent: Agent<'celsius', 'go'>): void { agent.state.celsius = limit; readFileSync; },
         steps: { go() {} },
       });`,
    );
    const { start, state, steps } = await loadBehavior(params(file));
    expect(state).toEqual(['celsius']);
    expect(Object.keys(steps ?? {})).toEqual(['go']);
    const agent = { state: { celsius: 0 } };
    start(agent as never);
    expect(agent.state.celsius).toBe(25);
  });

  it('can be JavaScript', async () => {
    const file = written('plain.mjs', 'export default { start(agent) { agent.publish("Here"); } };');
    expect(Object.keys(await loadBehavior(params(file)))).toEqual(['start']);
  });

  it.each([
    ['is not there', 'missing.ts', undefined, /missing\.ts is not there$/],
    [
      'does not parse',
      'broken.ts',
      "export default {\n  state: ['a']\n  start() {},\n};\n",
      /broken\.ts does not load: .*Unexpected token.*broken\.ts:3:2/,
    ],
    [
      'throws',
      'throwing.ts',
      "\nthrow new TypeError('no luck');\n",
      /throwing\.ts does not load: no luck \(throwing\.ts:2\)$/,
    ],
    [
      'imports what is not there',
      'importing.ts',
      "import { x } from './nowhere.ts';\nexport default { start() { x; } };\n",
      /importing\.ts does not load: Cannot find module '\.\/nowhere\.ts'/,
    ],
    ['exports nothing', 'silent.ts', 'export const start = () => {};\n', /silent\.ts has no default export$/],
    ['exports something else', 'number.ts', 'export default 7;\n', /exports no behaviour by default/],
    ['cannot start', 'unstarted.ts', 'export default { steps: {} };\n', /has no function start$/],
    [
      'has a key of another name',
      'misspelt.ts',
      'export default { start() {}, onMesage() {} };\n',
      /has a key onMesage that no behaviour has\. Did you mean `onMessage`\?$/,
    ],
    [
      'has a step that is none',
      'stepless.ts',
      'export default { start() {}, steps: { go: 5 } };\n',
      /has a step go that is no function$/,
    ],
    [
      'has the same state twice',
      'twice.ts',
      "export default { start() {}, state: ['a', 'a'] };\n",
      /has a state that is no list of different names/,
    ],
  ])('is refused when it %s', async (_, name, text, message) => {
    const file = text === undefined ? join(directory, name) : written(name, text);
    const error = await refusal(file);
    expect(error.message).toMatch(message);
    expect(error.hint).toContain('docs/behaviors.md');
  });
});

describe('a behaviour that throws', () => {
  it('is told with the agent and the place, counted, and does not stop the others', async () => {
    await using server = await startTestServer();
    const file = written(
      'unlucky.ts',
      `import { defineBehavior } from 'stormglass';

       interface Luck { readonly good: boolean }
       export default defineBehavior({
         start(agent) { agent.after(10, 'beat'); },
         steps: {
           beat(agent) {
             agent.publish('Heartbeat');
             agent.after(10, 'beat');
             const luck: Luck = { good: agent.id % 2 === 0 };
             if (!luck.good) throw new RangeError('no luck');
           },
         },
       });`,
    );
    const { loads, seen } = await runAgents({
      access: server.access,
      seconds: 0.5,
      required: { agents: 4, behavior: file, ramp: '0s' },
    });
    const errors = loads[0]!.noticesOf('operation-error');
    expect(new Set(errors.map(({ text }) => text))).toEqual(
      new Set(['beat threw: no luck (unlucky.ts:11), first of agent 1']),
    );
    const count = errors.reduce((sum, each) => sum + each.count, 0);
    expect(count).toBe(seen.length / 2);
    expect(count).toBeGreaterThan(50);
  });

  it('also where it publishes more than the server takes, and the connection that all share stays', async () => {
    await using server = await startTestServer({ config: { max_payload: 1024 } });
    const file = written(
      'chatty.ts',
      `import { defineBehavior } from 'stormglass';
       export default defineBehavior({
         start(agent) { agent.after(10, 'beat'); },
         steps: {
           beat(agent) {
             agent.after(10, 'beat');
             agent.publish('Heartbeat', { text: 'x'.repeat(agent.id % 2 === 0 ? 100 : 2000) });
           },
         },
       });`,
    );
    const { loads, seen } = await runAgents({
      access: server.access,
      seconds: 0.5,
      required: { agents: 4, behavior: file, ramp: '0s' },
    });
    expect(loads[0]!.operationErrors[0]).toMatch(
      /^beat threw: publish of Heartbeat: its fields have 2009 B, and there is room for 896 /,
    );
    expect(loads[0]!.noticesOf('disconnected')).toEqual([]);
    expect(seen.length).toBeGreaterThan(0);
  });

  it('ends the load when it says nothing any more', async () => {
    await using server = await startTestServer();
    const file = written(
      'hopeless.ts',
      `export default {
         start(agent) { agent.after(0, 'fail'); },
         steps: { fail(agent) { agent.after(0.01, 'fail'); throw new Error('again'); } },
       };`,
    );
    const load = agents({ access: server.access, seconds: 60, required: { agents: 10, behavior: file } });
    await load.start();
    await expect(load.finished()).rejects.toThrow(
      /^inconclusive: the behaviour has failed 10000 times: fail threw: again/,
    );
  });

  it.each([
    ['a step that there is not', "agent.after(1, 'beet')", /no step "beet"\. Did you mean `beat`\?/],
    [
      'a time that is none',
      "agent.after(Number.NaN, 'beat')",
      /agent\.after\(NaN, "beat"\): expected milliseconds/,
    ],
    ['an agent that there is not', 'agent.ask(2)', /agent\.ask\(2\): there are agents 0 to 1/],
    ['no event', "agent.publish('not a name')", /"not a name" is no type of event/],
    ['an answer to nobody', 'agent.reply()', /works on nothing that could be answered/],
    ['state that is not declared', 'agent.state.other = 1', /object is not extensible/],
  ])('says so of %s', async (_, deed, message) => {
    await using server = await startTestServer();
    const file = written(
      `deed-${deed.replace(/\W/g, '')}.ts`,
      `export default { state: ['own'], start(agent) { ${deed}; }, steps: { beat() {} } };`,
    );
    const { loads } = await runAgents({
      access: server.access,
      seconds: 0.1,
      required: { agents: 2, behavior: file, ramp: '0s', connections: 1 },
    });
    expect(loads[0]!.operationErrors[0]).toMatch(message);
  });
});
