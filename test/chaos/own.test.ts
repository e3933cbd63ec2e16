import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { own } from '../../src/chaos/own/own.js';
import { clusterUnderFaults } from '../support/cluster-under-faults.js';
import { FaultUnderTest } from '../support/fault-under-test.js';

const ONE_CORE = fileURLToPath(new URL('../../scenarios/chaos/faults/one-core.ts', import.meta.url));
const CAN_BE_SQUEEZED = process.platform === 'linux' && availableParallelism() > 1;
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'stormglass-own-fault-'));
});
afterAll(() => rmSync(directory, { recursive: true }));
const place = clusterUnderFaults({ nodes: 3 });

const coresOf = (name: string) =>
  /^Cpus_allowed_list:\s*(\S+)$/m.exec(
    readFileSync(`/proc/${place.cluster.node(name).process?.pid}/status`, 'utf8'),
  )?.[1];

/** A module with this text, after the line that every fault begins with. */
function moduleOf(text: string): string {
  const file = join(mkdtempSync(join(directory, 'module-')), 'mine.ts');
  writeFileSync(file, `import { defineFault } from 'stormglass';\n${text}`);
  return file;
}

describe('the example in the documentation', () => {
  it('is the one that ships, in under 40 lines', () => {
    const text = readFileSync(ONE_CORE, 'utf8');
    const docs = readFileSync(new URL('../../docs/faults.md', import.meta.url), 'utf8');
    expect(docs).toContain(text.trim());
    expect(text.trim().split('\n').length).toBeLessThan(40);
  });

  it.runIf(CAN_BE_SQUEEZED)('takes hold, is seen from outside, and is undone', async () => {
    expect(await own.findLack({ module: ONE_CORE })).toBeUndefined();
    const cores = coresOf('n2');
    const squeezed = new FaultUnderTest(place.scene, own, { module: ONE_CORE, params: { core: 0 } }, [
      'n2',
      'n3',
    ]);
    await squeezed.inject();
    expect(squeezed.records).toMatchObject([
      {
        kind: 'run-command',
        id: 'fault-1-own-1',
        within: 'cluster',
        command: ['taskset', '-acp', cores, expect.anything()],
      },
      { kind: 'run-command', id: 'fault-1-own-2' },
    ]);
    expect(await squeezed.observe('during')).toEqual({
      holds: true,
      looks: [
        { at: 'cores of n2', saw: '0' },
        { at: 'cores of n3', saw: '0' },
      ],
    });
    expect(coresOf('n1')).toBe(cores);
    expect(await squeezed.fault.observe(squeezed.context, 'after')).toMatchObject({ holds: false });

    expect(await squeezed.undoByData()).toMatchObject([{ undone: true }, { undone: true }]);
    expect(await squeezed.observe('after')).toMatchObject({ holds: true });
    expect(await squeezed.undo()).toMatchObject([{ undone: true }, { undone: true }]);
    expect(coresOf('n2')).toBe(cores);
  });
});

describe('a fault of one’s own', () => {
  it.each([
    ['export const fault = 1;', 'has no default export'],
    ['export default 5;', 'exports no fault by default, but something else'],
    ['export default { undo() {}, inject() {} };', 'has no function look'],
    [
      'export default { undo() {}, inject() {}, look() {}, haeal() {} };',
      'has a key haeal that no fault has',
    ],
    ['export default {', /does not load: .*mine\.ts/],
    ["\nthrow new Error('not today');", 'does not load: not today (mine.ts:3)'],
  ])('is refused before anything starts: %s', async (text, why) => {
    const lack = await own.findLack({ module: moduleOf(text) });
    expect(lack?.what).toMatch(typeof why === 'string' ? new RegExp(why.replace(/[().]/g, '\\$&')) : why);
    expect(lack?.hint).toContain('docs/faults.md');
  });

  it('is refused where there is no such module', async () => {
    const lack = await own.findLack({ module: join(directory, 'none.ts') });
    expect(lack?.what).toMatch(/the fault .*none\.ts is not there/);
  });

  it('proves nothing when it looks at nothing', async () => {
    const module = moduleOf('export default defineFault({ undo: () => [], inject() {}, look: () => [] });');
    const fault = new FaultUnderTest(place.scene, own, { module }, ['n1']);
    expect(await fault.fault.observe(fault.context, 'during')).toEqual({
      holds: false,
      looks: [{ at: 'look', saw: 'its `look` sees nothing during' }],
    });
  });

  it('is not made when what undoes it is no command', async () => {
    const module = moduleOf(
      "export default defineFault({ undo: () => [{ what: 'nothing' } as never], inject() {}, look: () => [] });",
    );
    const fault = new FaultUnderTest(place.scene, own, { module }, ['n1']);
    await expect(fault.fault.prepare(fault.context)).rejects.toThrow('is no { what, command');
  });

  it('draws the same for the same seed, and runs programs without a shell', async () => {
    const module = moduleOf(`
      export default defineFault({
        undo: () => [],
        inject() {},
        async look({ random, run, targets }) {
          const { code, stdout } = await run('printf', '%s', '$HOME; ' + targets[0].name);
          return [{ at: String(random()), saw: stdout, holds: code === 0 }];
        },
      });`);
    const look = async (seed: number) => {
      const fault = new FaultUnderTest(place.scene, own, { module }, ['n1'], { seed });
      return (await fault.fault.observe(fault.context, 'before')).looks[0];
    };
    const first = await look(1);
    expect(first?.saw).toBe('$HOME; n1');
    expect(await look(1)).toEqual(first);
    expect((await look(2))?.at).not.toBe(first?.at);
  });

  it('says that its targets do not answer, where the scenario does', () => {
    const { fault, context } = new FaultUnderTest(
      place.scene,
      own,
      { module: ONE_CORE, 'takes-down': true },
      ['n1'],
    );
    expect(fault.impact?.(context)).toEqual({ down: ['n1'], cuts: [] });
  });
});
