import type { SystemToolName } from './system-tool.js';
import type { ToolName } from './tool-spec.js';

/** The variable that names the path of a tool to stormglass; tools without one cannot be named. */
const VARIABLES: Readonly<Partial<Record<ToolName | SystemToolName, string>>> = {
  'nats-server': 'STORMGLASS_NATS_SERVER',
  toxiproxy: 'STORMGLASS_TOXIPROXY_SERVER',
  prometheus: 'STORMGLASS_PROMETHEUS',
  alertmanager: 'STORMGLASS_ALERTMANAGER',
};

/** What to do about a path that the user named and that is of no use. */
export function namedPathHint(name: ToolName | SystemToolName, minimum: string): string {
  const variable = VARIABLES[name];
  const wanted = `the path of ${article(name)} ${name} ${minimum} or later`;
  return variable === undefined
    ? `Give ${wanted}, or leave it out.`
    : `Give ${wanted} (${variable} names one), or leave it out.`;
}

const article = (name: string): string => (/^[aeiou]/.test(name) ? 'an' : 'a');
