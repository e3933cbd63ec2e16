import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { codeOf, messageOf } from '../base/errors.js';
import { scanRecords } from '../generators/records/scan-records.js';
import type { DataFiles } from '../scenario/data-files.js';

/** Far more than any template has. */
const MAX_TEXT_BYTES = 1024 * 1024;

/** The files that a scenario names, by paths that start where the scenario is. */
export function dataFilesOf(scenarioFile: string): DataFiles {
  const locate = (path: string): string => resolve(dirname(scenarioFile), path);
  return {
    locate,
    readText: (path) => readText(path, locate(path)),
    scan: scanRecords,
  };
}

function readText(path: string, at: string): string {
  try {
    const { size } = statSync(at);
    if (size > MAX_TEXT_BYTES) throw new Error('is larger than 1 MiB, which no template is');
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(at));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw new Error(`${path} is not there`, { cause: error });
    throw new Error(`${path}: ${messageOf(error)}`, { cause: error });
  }
}
