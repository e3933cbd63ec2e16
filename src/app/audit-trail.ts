import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf, UsageError } from '../base/errors.js';
import type { AuditHead } from '../contracts/run-result.js';
import type { Summary } from '../contracts/summary.js';
import { type AuditVerification, verifyChain } from '../undo/audit-chain.js';

export interface AuditTrail {
  readonly file: string;
  readonly verification: AuditVerification;
  /** Every line that is an object, whether or not the chain is whole. */
  readonly entries: readonly Readonly<Record<string, unknown>>[];
  /** What the run's summary says of the trail's end was held against it. */
  readonly isAnchored: boolean;
}

/**
 * Reads and verifies the audit trail of a run.
 * @param path the run's directory, or its audit.ndjson
 * @throws UsageError when there is none
 */
export function readAuditTrail(path: string): AuditTrail {
  const file = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, 'audit.ndjson') : path;
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    throw new UsageError(`cannot read an audit trail: ${messageOf(error)}`, {
      hint: 'name the directory of a run, such as reports/latest, or its audit.ndjson',
    });
  }
  const head = headInSummary(join(dirname(file), 'summary.json'));
  const entries = content
    .toString('utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        const value: unknown = JSON.parse(line);
        return isEntry(value) ? [value] : [];
      } catch {
        return [];
      }
    });
  return { file, verification: verifyChain(content, head), entries, isAnchored: head !== undefined };
}

const isEntry = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Absent for a run that has died, and for a trail that was copied somewhere else. */
function headInSummary(file: string): AuditHead | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as Summary).audit;
  } catch {
    return undefined;
  }
}
