import { type Document, isAlias, type LineCounter, type Node } from 'yaml';
import type { SetNodes } from './apply-sets.js';
import { childOf, offsetAt } from './parse-yaml.js';
import { type Finding, formatPath, type Path, type ScenarioProblem } from './problem.js';

/** Gives every finding its place in the file, or the option it came from; sorted by place, options last. */
export function placeFindings(
  findings: readonly Finding[],
  source: { readonly document: Document.Parsed; readonly lines: LineCounter; readonly file: string },
  setNodes: SetNodes,
): ScenarioProblem[] {
  const { document, lines, file } = source;
  const placed = findings.map(({ path, atKey, message, hint }): ScenarioProblem => {
    const common = { file, path: formatPath(path), message, hint };
    const option = optionOf(document, path, setNodes);
    if (option !== undefined) return { ...common, option };
    const { line, col } = lines.linePos(offsetAt(document, path, atKey));
    return { ...common, line, column: col };
  });
  return placed.sort(byPlace);
}

function optionOf(document: Document.Parsed, path: Path, setNodes: SetNodes): string | undefined {
  let node: Node | null = document.contents;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document) ?? null;
    node = childOf(node, step)?.value ?? null;
    const option = node === null ? undefined : setNodes.get(node);
    if (option !== undefined) return option;
  }
  return undefined;
}

function byPlace(a: ScenarioProblem, b: ScenarioProblem): number {
  const line = (problem: ScenarioProblem) => problem.line ?? Number.POSITIVE_INFINITY;
  if (line(a) !== line(b)) return line(a) - line(b);
  return (a.column ?? 0) - (b.column ?? 0);
}
