import { existsSync, mkdirSync, renameSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { messageOf, PreflightError } from '../base/errors.js';
import { compactUtc } from '../base/ids.js';
import { makeDirectory } from '../base/make-directory.js';

/** Where each thing that a run leaves stands. */
export interface RunDirectory {
  readonly path: string;
  /** Its parents that were not there before, outermost first. */
  readonly madeFor: readonly string[];
  readonly plan: string;
  readonly journal: string;
  readonly undo: string;
  readonly audit: string;
  readonly logs: string;
  readonly history: string;
  readonly latency: string;
  /** Prometheus' and Alertmanager's configurations, as the run had them; made when there are any. */
  readonly alerts: string;
}

/**
 * Makes `<parent>/<name>-<UTC time>-<id>`.
 * @throws PreflightError when it cannot be written to
 */
export function createRunDirectory(parent: string, name: string, runId: string): RunDirectory {
  const path = resolve(parent, `${name}-${compactUtc()}-${runId}`);
  const madeFor: string[] = [];
  const dir: RunDirectory = {
    path,
    madeFor,
    plan: join(path, 'plan.json'),
    journal: join(path, 'journal.ndjson'),
    undo: join(path, 'undo.ndjson'),
    audit: join(path, 'audit.ndjson'),
    logs: join(path, 'logs'),
    history: join(path, 'history'),
    latency: join(path, 'latency'),
    alerts: join(path, 'alerts'),
  };
  try {
    makeDirectory(dirname(path), madeFor);
    for (const each of [dir.path, dir.logs, dir.history, dir.latency]) mkdirSync(each);
  } catch (error) {
    removeRunDirectory(dir);
    throw new PreflightError(`cannot write the report to ${path}: ${messageOf(error)}`, {
      cause: error,
      hint: 'choose a directory you may write to with --out',
    });
  }
  return dir;
}

/** Takes a run directory away again, when the run came to nothing that is worth keeping. */
export function removeRunDirectory(dir: RunDirectory): void {
  if (existsSync(dir.path)) rmSync(dir.path, { recursive: true, force: true });
  for (const parent of [...dir.madeFor].reverse()) {
    try {
      rmdirSync(parent);
    } catch {
      // Somebody else has put something there since: it stays.
      return;
    }
  }
}

/** Writes a file that must be there whole or not at all. */
export function writeWhole(file: string, text: string): void {
  const partial = `${file}.partial`;
  writeFileSync(partial, text);
  renameSync(partial, file);
}

/** Points `<parent>/latest` at this run. Where that cannot be (no links, a full disk), there is simply no `latest`. */
export function pointLatestAt(dir: RunDirectory): void {
  const link = join(dirname(dir.path), 'latest');
  const fresh = `${link}.${basename(dir.path)}`;
  try {
    symlinkSync(basename(dir.path), fresh);
    renameSync(fresh, link);
  } catch {
    rmSync(fresh, { force: true });
  }
}
