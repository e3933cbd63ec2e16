import { type CompiledSources, compileSources } from '../processes/compiled-sources.js';

/** The program of pressure processes, as JavaScript that a child process can run. */
export async function compilePressureProgram(): Promise<CompiledSources & { readonly entry: URL }> {
  const compiled = await compileSources('cli/entries/pressure.ts', 'processes/helper-process.ts');
  return { ...compiled, entry: new URL(compiled.url('cli/entries/pressure.js')) };
}
