import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, StormglassError } from '../base/errors.js';
import type { Reporter } from '../contracts/reporter.js';
import { buildReportPage } from './build-report-page.js';
import { injectPageData } from './inject-page-data.js';
import { writeWholeFile } from './whole-file.js';

export interface HtmlReporterOptions {
  readonly runDir: string;
  /** The built page: dist/ui/report.html. */
  readonly templateFile: string;
}

/** report.html: one file that opens in any browser and loads nothing. */
export function createHtmlReporter({ runDir, templateFile }: HtmlReporterOptions): Reporter {
  return {
    name: 'report.html',
    async onEnd(result) {
      const html = injectPageData(await readTemplate(templateFile), buildReportPage(result));
      await writeWholeFile(join(runDir, 'report.html'), html);
    },
  };
}

async function readTemplate(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new StormglassError('unexpected', `cannot read the report's page ${file}: ${messageOf(error)}`, {
      cause: error,
      hint: 'run `npm run build`',
    });
  }
}
