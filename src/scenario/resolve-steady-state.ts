import { z } from 'zod';
import { suggestion } from '../base/nearest.js';
import type { ProbePlan, SteadyStatePlan } from '../contracts/plan/steady-state.js';
import { type KindSchemas, ownParameters, parseKind } from './kinds.js';
import { parsePart } from './parse-part.js';
import { probeShape } from './probe-schema.js';
import type { Findings, Path } from './problem.js';
import { lastingSchema } from './quantities.js';

export const steadyStateSchema = z.strictObject({
  probes: z
    .array(z.unknown(), { error: 'expected a list of probes' })
    .default([])
    .describe('What must hold beyond what stormglass looks at anyway.'),
  every: lastingSchema
    .optional()
    .describe(
      'How often the probes are looked at while the load runs. Default: only before it and after it.',
    ),
  'recover-within': lastingSchema
    .optional()
    .describe('How soon after a fault was healed all must be steady again. Default: as long as limits.heal.'),
});

/** What probes are checked against; what is `undefined` is not known. */
export interface ProbeScene {
  readonly schemas: KindSchemas;
  readonly nodeNames: readonly string[] | undefined;
  readonly streamNames: readonly string[] | undefined;
}

/** What steady means, as planned. */
export function resolveSteadyState(
  value: unknown,
  scene: ProbeScene,
  findings: Findings,
): SteadyStatePlan | undefined {
  const input = parsePart(steadyStateSchema, value ?? {}, ['steady-state'], findings);
  if (input === undefined) return undefined;
  const probes: ProbePlan[] = [];
  for (const [i, entry] of input.probes.entries()) {
    const path = ['steady-state', 'probes', i];
    const parsed = parseKind(entry, path, 'kind', scene.schemas.probes, findings);
    if (parsed === undefined) continue;
    const { kind, throughout, name = kind } = parsed as ProbeInput;
    if (probes.some((other) => other.name === name)) {
      const place = parsed.name === undefined ? path : [...path, 'name'];
      findings.add(place, `a probe named \`${name}\` stands above`, 'Give it a `name` of its own.');
    }
    const params = ownParameters(parsed, [...Object.keys(probeShape), 'kind']);
    reportStrangers(params, path, scene, findings);
    probes.push({ name, kind, params, throughout });
  }
  const recoverWithinNs = input['recover-within'];
  return {
    probes,
    everyNs: input.every ?? 0,
    ...(recoverWithinNs !== undefined && { recoverWithinNs }),
  };
}

type ProbeInput = z.output<z.ZodObject<typeof probeShape>> & { readonly kind: string };

/** A probe of what is not there would never hold: it would be waited for in vain. */
function reportStrangers(
  { nodes, stream }: ProbePlan['params'],
  path: Path,
  { nodeNames, streamNames }: ProbeScene,
  findings: Findings,
): void {
  for (const [i, node] of (Array.isArray(nodes) ? nodes : []).entries()) {
    if (nodeNames === undefined || nodeNames.includes(node)) continue;
    const hint = suggestion(node, nodeNames, 'The nodes are');
    findings.add([...path, 'nodes', i], `there is no node \`${node}\``, hint);
  }
  if (typeof stream !== 'string' || streamNames === undefined || streamNames.includes(stream)) return;
  const hint = suggestion(stream, streamNames, 'The streams are') ?? 'No stream is declared.';
  findings.add([...path, 'stream'], `there is no stream \`${stream}\``, hint);
}
