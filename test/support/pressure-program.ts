import { type CompiledSources, compileSources } from '../processes/compiled-sources.js';

export type PressureProgram = CompiledSources & { readonly entry: URL };

/** The program of pressure processes, as JavaScript that a child process can run. */
export async function compilePressureProgram(): Promise<PressureProgram> {
  const compiled = await compileSources('cli/entries/pressure.ts', 'processes/helper-process.ts');
  return { ...compiled, entry: new URL(compiled.url('cli/entries/pressure.js')) };
}
