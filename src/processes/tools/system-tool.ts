import { existsSync } from 'node:fs';
import { arch as ownArch, platform as ownPlatform } from 'node:process';
import { messageOf, PreflightError } from '../../base/errors.js';
import { findProgram } from './find-program.js';
import { namedPathHint } from './named-path-hint.js';
import { type Absence, type FoundTool, isFound, tooOld } from './tool-source.js';
import { askVersionAs, isAtLeast } from './tool-version.js';

/** Programs that a system has or has not: stormglass finds them and puts none of them anywhere. */
export const SYSTEM_TOOL_NAMES = ['prometheus', 'promtool', 'alertmanager', 'amtool'] as const;
export type SystemToolName = (typeof SYSTEM_TOOL_NAMES)[number];

interface SystemTool {
  /** Its names on the PATH, the project's own first. */
  readonly programs: readonly string[];
  /** The oldest that is accepted. */
  readonly minimum: string;
  readonly says: RegExp;
  /** The project that releases it, and Debian's package of it. */
  readonly project: 'prometheus' | 'alertmanager';
  readonly debian: string;
}

export const SYSTEM_TOOLS: Readonly<Record<SystemToolName, SystemTool>> = {
  prometheus: {
    programs: ['prometheus'],
    // The first that knows keep_firing_for.
    minimum: '2.42.0',
    says: /^prometheus, version (\d+\.\d+\.\d+\S*)/m,
    project: 'prometheus',
    debian: 'prometheus',
  },
  promtool: {
    programs: ['promtool'],
    minimum: '2.42.0',
    says: /^promtool, version (\d+\.\d+\.\d+\S*)/m,
    project: 'prometheus',
    debian: 'prometheus',
  },
  alertmanager: {
    programs: ['alertmanager', 'prometheus-alertmanager'],
    // The oldest that the tests have run.
    minimum: '0.25.0',
    says: /^alertmanager, version (\d+\.\d+\.\d+\S*)/m,
    project: 'alertmanager',
    debian: 'prometheus-alertmanager',
  },
  amtool: {
    programs: ['amtool'],
    minimum: '0.25.0',
    says: /^amtool, version (\d+\.\d+\.\d+\S*)/m,
    project: 'alertmanager',
    debian: 'prometheus-alertmanager',
  },
};

/** What a command for a release archive names. */
const RELEASES = { prometheus: '3.5.0', alertmanager: '0.28.1' } as const;
const RELEASE_ARCH: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', ia32: '386' };

export interface SystemToolPlace {
  /** In the form of the PATH variable. */
  readonly path: string;
  /** The path that the user named: that one or none. */
  readonly explicitPath?: string | undefined;
}

/** The tool where the user says it is, or on the PATH under any of its names. */
export async function findSystemTool(
  name: SystemToolName,
  { path, explicitPath }: SystemToolPlace,
): Promise<FoundTool | Absence> {
  const { programs, minimum, says } = SYSTEM_TOOLS[name];
  const found = programs.flatMap((program) => findProgram(program, path) ?? []);
  const candidates = explicitPath === undefined ? found : [explicitPath];
  if (candidates.length === 0) return { missing: `no ${programs.join(' or ')} on the PATH` };
  const reasons: string[] = [];
  for (const candidate of candidates) {
    try {
      const version = await askVersionAs(name, candidate, says);
      if (isAtLeast(version, minimum)) {
        const source = explicitPath === undefined ? 'PATH' : 'explicit path';
        return { name, version, path: candidate, source, verified: 'version' };
      }
      reasons.push(tooOld(candidate, name, version).missing);
    } catch (error) {
      reasons.push(messageOf(error));
    }
  }
  return { missing: reasons.join('; ') };
}

/**
 * Each of the tools, or none.
 * @throws PreflightError that says of all that are missing where they were looked for, each with the one command that provides it on
 *   this system; where the user named a path, nothing that is installed elsewhere would help
 */
export async function requireSystemTools<Name extends SystemToolName>(
  places: Readonly<Record<Name, SystemToolPlace>>,
): Promise<Record<Name, FoundTool>> {
  const wanted = Object.entries(places) as [Name, SystemToolPlace][];
  const answers = await Promise.all(
    wanted.map(async ([name, place]) => ({ name, place, answer: await findSystemTool(name, place) })),
  );
  const lacks = answers.flatMap(({ name, place, answer }) => {
    if (isFound(answer)) return [];
    const { minimum } = SYSTEM_TOOLS[name];
    const isNamed = place.explicitPath !== undefined;
    const hint = isNamed ? namedPathHint(name, minimum) : systemToolHint(name, { path: place.path });
    return [{ what: `${name} ${minimum} or later is needed: ${answer.missing}`, hint }];
  });
  if (lacks.length > 0) {
    throw new PreflightError(lacks.map(({ what }) => what).join('; '), {
      hint: lacks.map(({ hint }) => hint).join('; '),
    });
  }
  return Object.fromEntries(answers.map(({ name, answer }) => [name, answer])) as Record<Name, FoundTool>;
}

/** The one command that provides the tool on this system. */
export function systemToolHint(
  name: SystemToolName,
  { path = '', platform = ownPlatform as string, arch = ownArch as string, hasApt = aptIsThere(path) } = {},
): string {
  const { project, debian } = SYSTEM_TOOLS[name];
  if (platform === 'darwin') return `brew install ${project}`;
  if (hasApt) return `sudo apt-get install -y ${debian}`;
  const version = RELEASES[project];
  const release = `${project}-${version}.${platform}-${RELEASE_ARCH[arch] ?? arch}`;
  const archive = `https://github.com/prometheus/${project}/releases/download/v${version}/${release}.tar.gz`;
  return `curl -fL ${archive} | sudo tar -xz -C /usr/local/bin --strip-components=1 ${release}/${name}`;
}

const aptIsThere = (path: string): boolean =>
  findProgram('apt-get', path) !== undefined || existsSync('/usr/bin/apt-get');
