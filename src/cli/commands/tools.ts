import { Argument, Command } from 'commander';
import { installTool, listTools, TOOL_NAMES, type ToolName } from '../../app/tools.js';
import { visible } from '../../base/visible-text.js';
import type { CliContext } from '../context.js';
import { surroundingsOf } from '../surroundings.js';

/** `stormglass tools list|install`: the servers that stormglass runs. */
export function toolsCommand(context: CliContext): Command {
  const { env, stdout, stderr, interruption } = context;
  const list = new Command('list')
    .description('the servers and tools: version, where found, verified by what')
    .option('--json', 'as JSON')
    .action(async (options: { readonly json?: boolean }) => {
      const tools = await listTools(surroundingsOf(env), interruption.signal);
      if (options.json) {
        stdout.write(`${JSON.stringify(tools, undefined, 2)}\n`);
        return;
      }
      const rows = [['tool', 'version', 'from', 'verified by', 'path']];
      for (const { name, pinned, provide, minimum, found, others } of tools) {
        rows.push(
          found
            ? [name, found.version, found.source, found.verified, found.path]
            : [
                name,
                '–',
                pinned === undefined ? 'not here' : 'not here yet',
                '–',
                `≥ ${minimum} is needed${pinned === undefined ? '' : `; ${pinned} would be provided`}: ${provide}`,
              ],
        );
        for (const { version, found: other } of others) {
          rows.push(
            other
              ? [name, version, other.source, other.verified, other.path]
              : [
                  name,
                  version,
                  'not here yet',
                  '–',
                  `for nodes of another version: stormglass tools install ${name} ${version}`,
                ],
          );
        }
      }
      stdout.write(`${alignColumns(rows).join('\n')}\n`);
      for (const { name, minimum, passedOver } of tools) {
        for (const why of passedOver) stderr.write(`${name}, ${minimum} or later: ${visible(why)}\n`);
      }
    });
  const install = new Command('install')
    .description('put the pinned version of a tool into the cache')
    .addArgument(new Argument('[tool]', 'which').choices(TOOL_NAMES).default('nats-server'))
    .addArgument(
      new Argument('[version]', 'which of its versions (2.14, 2.14.9); the one that a run uses unless told'),
    )
    .action(async (name: ToolName, wanted: string | undefined) => {
      const { version, path, source, verified } = await installTool(name, surroundingsOf(env), {
        version: wanted,
        progress: (line) => stderr.write(`${visible(line)}\n`),
        signal: interruption.signal,
      });
      stdout.write(`${name} ${version} (${source}, verified by ${verified}): ${path}\n`);
    });
  return new Command('tools')
    .description('the servers that stormglass runs')
    .addCommand(list)
    .addCommand(install);
}

function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
