import { type Document, isAlias, isScalar, type LineCounter, type Node } from 'yaml';
import type { SetNodes } from './apply-sets.js';
import { show } from './explain-issue.js';
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
    const nodes = nodesTo(document, path);
    const words = atKey ? message : asWritten(message, nodes[path.length]);
    const common = { file, path: formatPath(path), message: words, hint };
    const option = nodes.map((node) => setNodes.get(node)).find((each) => each !== undefined);
    if (option !== undefined) return { ...common, option };
    const { line, col } = lines.linePos(offsetAt(document, path, atKey));
    return { ...common, line, column: col };
  });
  return placed.sort(byPlace);
}

/** The nodes from the root on that a path leads through, as far as they are there. */
function nodesTo(document: Document.Parsed, path: Path): Node[] {
  const nodes: Node[] = [];
  let node: Node | null = document.contents;
  for (const step of path) {
    if (node === null) break;
    nodes.push(node);
    if (isAlias(node)) node = node.resolve(document) ?? null;
    node = childOf(node, step)?.value ?? null;
  }
  return node === null ? nodes : [...nodes, node];
}

/** Numbers as they stand in the file: those that are too large to be exact have become others. */
function asWritten(message: string, node: Node | undefined): string {
  if (!isScalar(node) || typeof node.value !== 'number' || node.source === undefined) return message;
  const { value, source } = node;
  return message.replace(`but it is ${show(value)}`, () => `but it is ${show(source)}`);
}

function byPlace(a: ScenarioProblem, b: ScenarioProblem): number {
  const line = (problem: ScenarioProblem) => problem.line ?? Number.POSITIVE_INFINITY;
  if (line(a) !== line(b)) return line(a) - line(b);
  return (a.column ?? 0) - (b.column ?? 0);
}
