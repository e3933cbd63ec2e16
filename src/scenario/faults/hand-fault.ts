import { parseDocument } from 'yaml';
import { UsageError } from '../../base/errors.js';
import { seededRandom } from '../../base/random.js';
import type { HandFault } from '../../contracts/hand.js';
import type { FaultPlan } from '../../contracts/plan/faults.js';
import { durationKey, kindSchemas } from '../kinds.js';
import { type Finding, Findings, formatPath } from '../problem.js';
import { drawFault } from './draft.js';
import { stepShape } from './fault-schema.js';
import { type FaultPlace, readFault } from './read-fault.js';

/** How long a fault by hand holds unless told. */
const HOLDS = '10s';

export interface HandScene extends FaultPlace {
  readonly seed: number;
}

/**
 * A fault that somebody makes by hand, as it would be planned: read by the schema of its kind, on targets that are
 * there. @throws UsageError with everything that is wrong
 */
export function resolveHandFault(fault: HandFault, id: string, scene: HandScene): FaultPlan {
  const { kind, target, lasts, params, allowsQuorumLoss } = fault;
  const findings = new Findings();
  const values = Object.entries(params).map(([key, text]) => [key, readValue(key, text, findings)]);
  const plugin = Object.hasOwn(scene.plugins.faults, kind) ? scene.plugins.faults[kind] : undefined;
  const key = plugin === undefined ? null : durationKey(plugin);
  if (plugin !== undefined && key === null && lasts !== undefined) {
    findings.add(['for'], `${kind} is over when it is done: it does not hold for a time`, 'Leave --for out.');
  }
  for (const name of Object.keys(stepShape).filter((each) => Object.hasOwn(params, each))) {
    findings.add([name], 'a fault by hand begins at once', 'Leave it out.');
  }
  const value = {
    kind,
    ...(target !== undefined && { target }),
    ...(key !== null && { [key]: lasts ?? HOLDS }),
    ...(allowsQuorumLoss && { 'allow-quorum-loss': true }),
    ...Object.fromEntries(values),
  };
  const read = readFault(value, [], kindSchemas(scene.plugins).steps, scene, findings);
  if (read === undefined || findings.all.length > 0) throw wrong(kind, findings.all);
  const drawn = drawFault(read.spec, seededRandom(scene.seed).fork(id));
  return {
    id,
    kind,
    atNs: 0,
    ...drawn,
    params: read.spec.params,
    ...(read.spec.allowsQuorumLoss && { allowsQuorumLoss: true }),
  };
}

function readValue(key: string, text: string, findings: Findings): unknown {
  const document = parseDocument(text, { prettyErrors: false });
  const [error] = document.errors;
  if (error === undefined) return document.toJS();
  findings.add([key], `its value is not YAML: ${error.message}`);
  return undefined;
}

function wrong(kind: string, all: readonly Finding[]): UsageError {
  const told = all.map(({ path, message }) =>
    path.length === 0 ? message : `${formatPath(path)}: ${message}`,
  );
  const hints = [...new Set(all.map(({ hint }) => hint).filter((hint) => hint !== undefined))];
  return new UsageError(
    `${kind} by hand: ${told.join('; ')}`,
    hints.length > 0 ? { hint: hints.join(' ') } : {},
  );
}
