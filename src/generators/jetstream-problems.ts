import type { LoadProblem, LoadScene } from '../contracts/load.js';

/** What a load that makes streams asks of servers that cannot give it, as far as that is known before they run. */
export function jetStreamProblems(replicas: number, { nodes, hasJetStream }: LoadScene): LoadProblem[] {
  const problems: LoadProblem[] = [];
  if (hasJetStream === false) {
    const message = 'such a load needs JetStream, and the cluster has it off';
    problems.push({ key: 'kind', message, hint: 'Turn it on: cluster.jetstream.' });
  }
  if (nodes !== undefined && replicas > nodes) {
    const message = `${replicas} replicas need ${replicas} nodes, but the cluster has ${nodes}`;
    const hint = `Write ${nodes} at most, or give the cluster more nodes.`;
    problems.push({ key: 'replicas', message, hint });
  }
  return problems;
}
