// Links the plain ES modules that tsc wrote into one script without imports: every module becomes a function that
// returns what it exports, after those it imports. Knows the forms that tsc writes and this page uses, no others.
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';

const IMPORT = /^import\s+(?:(?<whole>\w+)|\{(?<names>[^}]*)\})\s+from\s+'(?<from>[^']+)';$/gm;
const EXPORT = /^export (?=(?:async )?(?:function|const|let|class) (\w+))/gm;
const EMPTY_EXPORT = /^export \{\};$/gm;

/**
 * @param {string} entry path of the first module
 * @param {Record<string, string>} globals what stands for a package on the page, by its name
 * @returns {string} a classic script
 */
export function linkModules(entry, globals) {
  const root = dirname(entry);
  const variables = new Map();
  const bodies = [];
  const underway = [];

  const link = (file) => {
    const known = variables.get(file);
    if (known) return known;
    if (underway.includes(file)) throw new Error(`${file} imports itself, by way of ${underway.at(-1)}`);
    underway.push(file);
    const exported = [];
    const code = readFileSync(file, 'utf8')
      .replace(IMPORT, (_, whole, names, from) => {
        if (whole) return `const ${whole} = ${globalOf(from, file)};`;
        const source = from.startsWith('.') ? link(resolve(dirname(file), from)) : globalOf(from, file);
        return `const {${names.replace(/\s+as\s+/g, ': ')}} = ${source};`;
      })
      .replace(EMPTY_EXPORT, '')
      .replace(EXPORT, (_, name) => {
        exported.push(name);
        return '';
      });
    const left = /^(?:import|export)\b.*/m.exec(code);
    if (left) throw new Error(`${file}: cannot link \`${left[0]}\``);
    const variable = `module_${relative(root, file).replace(/\W+/g, '_')}`;
    variables.set(file, variable);
    bodies.push(`const ${variable} = (() => {\n${code}\nreturn { ${exported.join(', ')} };\n})();`);
    underway.pop();
    return variable;
  };

  const globalOf = (name, file) => {
    if (!globals[name]) throw new Error(`${file} imports ${name}, which the page does not have`);
    return globals[name];
  };

  link(entry);
  return `(() => {\n'use strict';\n${bodies.join('\n')}\n})();`;
}
