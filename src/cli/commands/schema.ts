import { Command } from 'commander';
import { scenarioJsonSchema } from '../../app/index.js';
import type { CliContext } from '../context.js';

/** `stormglass schema`: the JSON Schema of a scenario, for editors. */
export function schemaCommand(context: CliContext): Command {
  return new Command('schema').description('print the JSON Schema of a scenario, for editors').action(() => {
    context.stdout.write(`${JSON.stringify(scenarioJsonSchema(), undefined, 2)}\n`);
  });
}
