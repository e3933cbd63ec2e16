// Makes the template of report.html: one file with its style, its script and uPlot, and nothing to load.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linkModules } from './link-modules.mjs';

/**
 * Writes report.html to where tsc has compiled src/ui.
 * @param {string} root of the repository
 */
export function assembleReportPage(root, compiled = join(root, 'dist', 'ui')) {
  const read = (...path) => readFileSync(join(root, ...path), 'utf8');
  const licence = `/* uPlot\n${read('node_modules', 'uplot', 'LICENSE').trim()}\n*/`;
  const styles = [read('node_modules', 'uplot', 'dist', 'uPlot.min.css'), read('src', 'ui', 'page.css')];
  const scripts = [
    licence,
    read('node_modules', 'uplot', 'dist', 'uPlot.iife.min.js'),
    linkModules(join(compiled, 'ui', 'main.js'), { uplot: 'globalThis.uPlot' }),
  ];
  const page = read('src', 'ui', 'page.html')
    .replace('/*stormglass:styles*/', () => inline(styles, /<\/style/i))
    .replace('/*stormglass:script*/', () => inline(scripts, /<\/script|<!--/i));
  writeFileSync(join(compiled, 'report.html'), page);
}

function inline(parts, forbidden) {
  const text = parts.join('\n');
  const found = forbidden.exec(text);
  if (found) throw new Error(`the report's page cannot hold \`${found[0]}\` inside its own element`);
  return text;
}
