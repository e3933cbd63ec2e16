import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = pathToFileURL(resolve('scripts', 'link-modules.mjs')).href;
const { linkModules } = (await import(script)) as {
  linkModules(entry: string, globals: Record<string, string>): string;
};

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stormglass-link-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function link(files: Record<string, string>, globals: Record<string, string> = {}): string {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return linkModules(join(directory, 'main.js'), globals);
}

describe('linking modules into one script', () => {
  it('runs each module once, after those it imports, each in a scope of its own', () => {
    const code = link(
      {
        'main.js':
          "import { twice as double } from './a.js';\nimport {\n  one,\n} from './b.js';\nconst own = 40;\nout.push(double(own) + one);\n",
        'a.js':
          "import { one } from './b.js';\nconst own = 2;\nexport function twice(n) {\n  return n * own * one;\n}\n",
        'b.js': "out.push('b');\nexport const one = 1;\n",
      },
      {},
    );
    const out: unknown[] = [];
    runInNewContext(code, { out });
    expect(out).toEqual(['b', 81]);
  });

  it('takes packages from what the page has', () => {
    const code = link(
      { 'main.js': "import plot from 'plot';\nout.push(plot.name);\n" },
      { plot: 'globalThis.Plot' },
    );
    const out: unknown[] = [];
    runInNewContext(code, { out, Plot: { name: 'a plot' } });
    expect(out).toEqual(['a plot']);
    expect(() => link({ 'main.js': "import x from 'unheard-of';\n" })).toThrow(/does not have/);
  });

  it.each(["export { a } from './b.js';", "import * as b from './b.js';", 'export default 1;'])(
    'refuses what it would link wrongly: %s',
    (line) => {
      expect(() => link({ 'main.js': `${line}\n`, 'b.js': 'export const a = 1;\n' })).toThrow(/cannot link/);
    },
  );

  it('refuses modules that import each other', () => {
    const files = {
      'main.js': "import { b } from './b.js';\nexport const a = 1;\n",
      'b.js': "import { a } from './main.js';\nexport const b = 1;\n",
    };
    expect(() => link(files)).toThrow(/imports itself/);
  });
});
