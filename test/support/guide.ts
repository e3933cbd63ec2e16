import { readFileSync } from 'node:fs';

/** The text of a file in docs/. */
export const readGuide = (file: string): string =>
  readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');

/** The first block of code in a language under a heading of docs/monitoring.md: what a user copies. */
export function exampleOf(heading: string, language: string): string {
  const [first] = examplesOf(heading, language);
  if (first === undefined) throw new Error(`docs/monitoring.md has no ${language} under ${heading}`);
  return first;
}

/** Those up to the next heading, without their indent. */
export function examplesOf(heading: string, language: string): string[] {
  const [, section = ''] = readGuide('monitoring.md').split(`\n${heading}\n`);
  const [own = ''] = section.split(/^#+ /m);
  return [...own.matchAll(/^( *)```(\w+)\n(.*?)^ *```/gms)].flatMap(([, indent = '', of, text = '']) =>
    of === language ? [text.replaceAll(new RegExp(`^${indent}`, 'gm'), '')] : [],
  );
}
