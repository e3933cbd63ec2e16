import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** The lines of docs/ARCHITECTURE.md, as data: what a room may import beside base, contracts and itself. */
const MAY_IMPORT: Record<string, readonly string[] | 'all'> = {
  base: [],
  contracts: [],
  wire: [],
  nats: ['wire'],
  processes: [],
  metrics: [],
  traces: ['wire'],
  history: ['nats'],
  undo: ['processes', 'nats'],
  generators: ['wire', 'nats', 'metrics', 'history', 'traces'],
  chaos: ['wire', 'nats'],
  clusters: ['processes', 'nats'],
  probes: ['nats'],
  monitor: ['wire', 'nats', 'metrics', 'traces'],
  alerts: ['processes'],
  checkers: [],
  reporters: ['metrics'],
  scenario: [],
  engine: ['scenario', 'undo', 'metrics'],
  campaigns: ['metrics'],
  ui: [],
  app: 'all',
  cli: ['app'],
};

/** What only some rooms may touch, because a test or a second run in the same process must be able to. */
const RESERVED: readonly {
  readonly what: string;
  readonly pattern: RegExp;
  readonly rooms: readonly string[];
}[] = [
  { what: 'process.exit', pattern: /\bprocess\.exit\b/, rooms: ['cli'] },
  { what: 'process.env', pattern: /\bprocess\.env\b/, rooms: ['cli'] },
  { what: 'console', pattern: /\bconsole\./, rooms: ['cli'] },
  { what: 'Math.random', pattern: /\bMath\.random\b/, rooms: [] },
  {
    what: 'a clock of its own',
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.hrtime\b/,
    rooms: ['base', 'ui'],
  },
];

const src = resolve(dirname(fileURLToPath(import.meta.url)), '..', 'src');

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, room: file.split('/')[0] as string, text: readFileSync(join(src, file), 'utf8') }));

/** Comments and strings may speak of anything. */
const codeOf = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$|\s\/\/ .*$/gm, '');

const importsOf = (file: string, text: string): string[] =>
  [...codeOf(text).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(
    (match) => relative(src, resolve(src, dirname(file), match[1] as string)).split('/')[0] as string,
  );

describe('the architecture', () => {
  it('knows every room of src/', () => {
    expect(files.map(({ room }) => room).filter((room) => !(room in MAY_IMPORT))).toEqual([]);
  });

  it('lets imports go down or to the contracts, never up and never sideways', () => {
    const broken = files.flatMap(({ file, room, text }) => {
      const allowed = MAY_IMPORT[room];
      if (allowed === undefined) return [];
      return importsOf(file, text)
        .filter((to) => to !== room && to !== 'contracts' && !(to === 'base' && room !== 'contracts'))
        .filter((to) => allowed !== 'all' || to === 'cli')
        .filter((to) => allowed === 'all' || !allowed.includes(to))
        .map((to) => `${file} imports ${to}`);
    });
    expect(broken).toEqual([]);
  });

  it.each(RESERVED)('keeps $what where it belongs', ({ pattern, rooms }) => {
    const broken = files.filter(({ room, text }) => !rooms.includes(room) && pattern.test(codeOf(text)));
    expect(broken.map(({ file }) => file)).toEqual([]);
  });

  it('writes the contracts by hand: types and the constants that name their values, nothing that runs', () => {
    const running = files.filter(
      ({ room, text }) => room === 'contracts' && /\b(function|class|new|await)\b/.test(codeOf(text)),
    );
    expect(running.map(({ file }) => file)).toEqual([]);
  });
});
