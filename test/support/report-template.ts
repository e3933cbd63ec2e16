import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface ReportTemplate extends Disposable {
  readonly file: string;
}

/** Builds the report's page as `npm run build` does, in a directory of its own. */
export async function buildReportTemplate(): Promise<ReportTemplate> {
  const directory = mkdtempSync(join(tmpdir(), 'stormglass-page-'));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.ui.json'), '--outDir', directory]);
  const { assembleReportPage } = await import(
    pathToFileURL(join(root, 'scripts', 'assemble-report-page.mjs')).href
  );
  assembleReportPage(root, directory);
  return {
    file: join(directory, 'report.html'),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
