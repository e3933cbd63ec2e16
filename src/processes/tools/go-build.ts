import { spawn } from 'node:child_process';
import { arch, platform } from 'node:process';
import { codeOf } from '../../base/errors.js';
import type { GoToolchain } from './go-toolchain.js';
import type { Workshop } from './tool-cache.js';
import type { ToolContext } from './tool-source.js';
import type { ToolSpec } from './tool-spec.js';

const GOARCH: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', arm64: 'arm64' };
/** How long the toolchain may take to clean up after itself when it is interrupted. */
const GRACE_MS = 5000;
const LINES_KEPT = 6;

/**
 * Runs `go build` of one tool; returns the last lines of what it complained of when it fails. Rejects with the
 * signal's reason when it aborts; the toolchain and its compilers have ended then.
 */
export async function goBuild(
  tool: ToolSpec,
  go: GoToolchain,
  workshop: Workshop,
  { path, env, signal }: ToolContext,
): Promise<string | undefined> {
  signal.throwIfAborted();
  const child = spawn(
    go.program,
    [
      'build',
      '-trimpath',
      '-mod=readonly',
      '-buildvcs=false',
      ...(tool.versionVariable === undefined
        ? []
        : ['-ldflags', `-X ${tool.versionVariable}=${tool.version}`]),
      '-o',
      workshop.program,
      tool.package,
    ],
    {
      cwd: tool.directory,
      // A group of its own, so that its compilers can be ended with it, and a Ctrl-C on our terminal reaches us alone.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...env,
        PATH: path,
        CGO_ENABLED: '0',
        GOOS: platform,
        GOARCH: GOARCH[arch] ?? arch,
        GO111MODULE: 'on',
        GOWORK: 'off',
        // What an interrupted build leaves goes with the workshop.
        GOTMPDIR: workshop.scratch,
      },
    },
  );
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4096);
  });
  const signalGroup = (name: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch (error) {
      if (codeOf(error) !== 'ESRCH') throw error;
    }
  };
  let escalation: NodeJS.Timeout | undefined;
  const onAbort = () => {
    signalGroup('SIGINT');
    escalation = setTimeout(() => signalGroup('SIGKILL'), GRACE_MS);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    signal.throwIfAborted();
    return code === 0 ? undefined : lastLines(complaints) || `exit code ${code}`;
  } finally {
    clearTimeout(escalation);
    signal.removeEventListener('abort', onAbort);
  }
}

const lastLines = (text: string): string => text.trim().split('\n').slice(-LINES_KEPT).join('\n');
