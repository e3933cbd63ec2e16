// Builds dist/ from src/: the program with tsc, then the report's page as one self-contained template.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
if (!existsSync(tsc)) {
  // `npm ci --omit=dev`, or an installed package: dist/ came with it.
  if (existsSync(join(root, 'dist', 'cli', 'main.js'))) process.exit(0);
  console.error('stormglass: the development dependencies are needed to build it: run `npm ci`');
  process.exit(1);
}

rmSync(join(root, 'dist'), { recursive: true, force: true });
try {
  execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.json')], { stdio: 'inherit' });
  if (existsSync(join(root, 'src', 'ui'))) {
    execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.ui.json')], { stdio: 'inherit' });
    const { assembleReportPage } = await import('./assemble-report-page.mjs');
    assembleReportPage(root);
  }
} catch (error) {
  if (typeof error.status !== 'number') console.error(error);
  process.exit(1);
}
const main = join(root, 'dist', 'cli', 'main.js');
if (existsSync(main)) chmodSync(main, 0o755);
