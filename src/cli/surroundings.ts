import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { homeDirectory } from '../app/home-directory.js';
import type { Surroundings } from '../app/surroundings.js';

const WITHOUT_HOME =
  'set HOME, or XDG_CACHE_HOME and XDG_STATE_HOME: stormglass keeps there the servers it has built, and what it must undo after a crash';

/** The surroundings of a command, by the XDG base directory specification. @throws PreflightError where it needs a home and there is none */
export function surroundingsOf(env: NodeJS.ProcessEnv, natsServer?: string): Surroundings {
  const explicit = natsServer ?? env.STORMGLASS_NATS_SERVER;
  const home = (): string => homeDirectory(env, WITHOUT_HOME);
  return {
    cacheDir: join(env.XDG_CACHE_HOME || join(home(), '.cache'), 'stormglass'),
    stateDir: join(env.XDG_STATE_HOME || join(home(), '.local', 'state'), 'stormglass'),
    tempDir: tmpdir(),
    path: env.PATH ?? '',
    env,
    ...(explicit ? { natsServer: explicit } : {}),
    ...(env.STORMGLASS_TOXIPROXY_SERVER ? { toxiproxyServer: env.STORMGLASS_TOXIPROXY_SERVER } : {}),
    ...(env.STORMGLASS_PROMETHEUS ? { prometheus: env.STORMGLASS_PROMETHEUS } : {}),
    ...(env.STORMGLASS_ALERTMANAGER ? { alertmanager: env.STORMGLASS_ALERTMANAGER } : {}),
    executable: process.execPath,
    entries: {
      generator: new URL('./entries/generator.js', import.meta.url),
      monitor: new URL('./entries/monitor.js', import.meta.url),
      pressure: new URL('./entries/pressure.js', import.meta.url),
      watchdog: new URL('./entries/watchdog.js', import.meta.url),
    },
  };
}

export interface TerminalManners {
  /** Colours: not with NO_COLOR, not where nobody sees them. */
  readonly color: boolean;
  /** A view that redraws itself: only on a terminal that is not CI's. */
  readonly interactive: boolean;
}

export function terminalManners(
  env: NodeJS.ProcessEnv,
  stream: { readonly isTTY?: boolean },
): TerminalManners {
  const terminal = stream.isTTY === true && env.TERM !== 'dumb';
  return { color: terminal && !env.NO_COLOR, interactive: terminal && !env.CI };
}
