import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { ProcessIdentity } from '../contracts/cluster.js';
import type { OpenFilesLimit } from '../contracts/machine.js';
import { isAlive } from './identity.js';

/** The program of util-linux that sets limits of a process that runs. */
export const PRLIMIT = 'prlimit';
const PRLIMIT_MS = 5_000;

/** How many files a process may have open; `undefined` where nobody says, and when it has ended. */
export function readOpenFilesLimitOf(pid: number): OpenFilesLimit | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/limits`, 'latin1');
  } catch {
    return undefined;
  }
  const [soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(text)?.slice(1).map(toNumber) ?? [];
  return soft === undefined || hard === undefined ? undefined : { soft, hard };
}

/** Sets how many files this very process may have open. Throws when it has ended, and when the system refuses. */
export async function setOpenFilesLimit(process: ProcessIdentity, limit: OpenFilesLimit): Promise<void> {
  const { pid } = process;
  if (!isAlive(process)) throw new Error(`process ${pid} has ended`);
  const nofile = `--nofile=${toText(limit.soft)}:${toText(limit.hard)}`;
  try {
    await promisify(execFile)(PRLIMIT, ['--pid', String(pid), nofile], { timeout: PRLIMIT_MS });
  } catch (error) {
    const said = (error as { readonly stderr?: string }).stderr?.trim();
    throw new Error(`the limit of process ${pid} cannot be set${said ? `: ${said}` : ''}`, { cause: error });
  }
  const now = readOpenFilesLimitOf(pid);
  if (now?.soft !== limit.soft || now.hard !== limit.hard) {
    throw new Error(`process ${pid} may have ${now?.soft} files open, and ${limit.soft} were set`);
  }
}

const toNumber = (text: string): number => (text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text));

const toText = (limit: number): string => (Number.isFinite(limit) ? String(limit) : 'unlimited');
