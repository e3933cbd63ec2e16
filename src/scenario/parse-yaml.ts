import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import { type Path, ScenarioError, type ScenarioProblem } from './problem.js';

/** A document that is well-formed, with what tells offsets as lines and columns. */
export interface ParsedYaml {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/** Aliases expanded to more than this are an attack or a mistake, and no scenario. */
export const MAX_ALIASES = 100;

/** What a file should be, and how one begins. */
export interface FileKind {
  readonly what: string;
  readonly begin: string;
}

const SCENARIO: FileKind = {
  what: 'a scenario',
  begin: 'Begin with `version: 1`; docs/scenario.md has the format.',
};

/** Text → one YAML document whose root is a map. Throws a ScenarioError with the place of what is not. */
export function parseYaml(text: string, file: string, kind: FileKind = SCENARIO): ParsedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problemAt = (offset: number, message: string, hint?: string): ScenarioProblem => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col), path: '', message, hint };
  };

  const problems: ScenarioProblem[] = [];
  for (const error of document.errors) {
    const [offset] = error.pos;
    if (error.code === 'DUPLICATE_KEY') {
      const key = /^[^\s:]+/.exec(text.slice(offset))?.[0] ?? '';
      problems.push(problemAt(offset, `the key \`${key}\` stands here twice`, 'Keep one of the two.'));
    } else if (!problems.some(({ message }) => message.startsWith('not YAML'))) {
      // What follows the first error of syntax is mostly its consequence.
      problems.push(problemAt(offset, ...explainSyntax(error.code, error.message)));
    }
  }
  for (const warning of document.warnings) {
    problems.push(problemAt(warning.pos[0], `not YAML of a scenario: ${warning.message}`, 'Leave it out.'));
  }
  if (problems.length === 0) problems.push(...structuralProblems(document, problemAt, kind));
  if (problems.length > 0) throw new ScenarioError(problems);
  return { document, lines };
}

function explainSyntax(code: string, message: string): [message: string, hint: string] {
  switch (code) {
    case 'MULTIPLE_DOCS':
      return ['not YAML of a scenario: a second document begins here', 'Keep one scenario in a file.'];
    case 'TAB_AS_INDENT':
      return ['not YAML: a tab indents this line', 'Indent with spaces.'];
    case 'RESOURCE_EXHAUSTION':
      return ['not YAML of a scenario: it is nested too deeply', 'See docs/scenario.md for the format.'];
    default:
      return [
        `not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`,
        'Correct it at this place or just above it.',
      ];
  }
}

type ProblemAt = (offset: number, message: string, hint?: string) => ScenarioProblem;

function structuralProblems(
  document: Document.Parsed,
  problemAt: ProblemAt,
  { what, begin }: FileKind,
): ScenarioProblem[] {
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) {
    return [problemAt(0, 'there is nothing in this file', begin)];
  }
  if (!isMap(root)) {
    return [problemAt(offsetOf(root), `expected ${what}: keys and their values`, begin)];
  }
  const problems: ScenarioProblem[] = [];
  let aliases = 0;
  visit(document, {
    Pair(_, pair) {
      const { key } = pair;
      if (!isScalar(key) || key.value === null || key.value === '__proto__') {
        problems.push(problemAt(offsetOf(key as Node | null), 'expected a plain word as the key'));
      }
    },
    Alias(_, alias, ancestors) {
      const target = alias.resolve(document);
      if (target === undefined) {
        problems.push(problemAt(offsetOf(alias), `nothing before this is anchored as &${alias.source}`));
      } else if ((ancestors as readonly unknown[]).includes(target)) {
        problems.push(problemAt(offsetOf(alias), `*${alias.source} refers to what it stands in`));
      }
      if (++aliases === MAX_ALIASES + 1) {
        problems.push(
          problemAt(offsetOf(alias), `more than ${MAX_ALIASES} aliases`, 'Write the values out.'),
        );
      }
    },
  });
  if (problems.length > 0) return problems;
  try {
    document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch {
    let first: Node | undefined;
    visit(document, {
      Alias(_, alias) {
        first = alias;
        return visit.BREAK;
      },
    });
    const message = 'the aliases of this file, written out, would be too many values';
    return [problemAt(offsetOf(first ?? root), message, 'Write the values out.')];
  }
  return [];
}

const offsetOf = (node: Node | null | undefined): number => node?.range?.[0] ?? 0;

/** The offset of what a path leads to, or of the deepest thing on the way that is there; aliases are followed. */
export function offsetAt(document: Document.Parsed, path: Path, atKey: boolean): number {
  let node = document.contents as Node | null;
  let offset = offsetOf(node);
  for (const [i, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    const last = i === path.length - 1;
    const found = childOf(node, step);
    if (found === undefined) return offset;
    node = found.value;
    const useKey = (last && atKey) || node?.range === undefined || node?.range === null;
    offset = useKey && found.key ? offsetOf(found.key) : offsetOf(node);
  }
  return offset;
}

/** The key and value that a step leads to. */
export function childOf(
  node: unknown,
  step: string | number,
): { readonly key?: Node | null; readonly value: Node | null } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
    return pair && { key: pair.key as Node | null, value: pair.value as Node | null };
  }
  if (isSeq(node) && /^\d+$/.test(String(step))) {
    const item = node.items[Number(step)] as Node | null | undefined;
    return item === undefined ? undefined : { value: item };
  }
  return undefined;
}
