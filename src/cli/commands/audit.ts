import { Command } from 'commander';
import { readAuditTrail } from '../../app/index.js';
import { EXIT } from '../../base/errors.js';
import type { Evidence } from '../../contracts/fault.js';
import type { UndoRecord } from '../../contracts/undo.js';
import type { CliContext } from '../context.js';

/** `stormglass audit verify|show`: the audit trail of a run. */
export function auditCommand(context: CliContext): Command {
  const command = new Command('audit').description('verify or print the audit trail of a run');
  command
    .command('verify')
    .description(
      'say whether anything in the trail was changed, added or taken away (exit code 6), or that it is whole',
    )
    .argument('<run>', 'the directory of a run, such as reports/latest, or its audit.ndjson')
    .option('--json', 'print the outcome as JSON on stdout')
    .action((path: string, options: { readonly json?: boolean }) => {
      const { file, verification, isAnchored } = readAuditTrail(path);
      const { intact } = verification;
      if (options.json) {
        const outcome = intact
          ? { file, intact, ...verification.head, isAnchored }
          : { file, ...verification, isAnchored };
        context.stdout.write(`${JSON.stringify(outcome)}\n`);
      }
      const text = intact
        ? `${file}: whole, ${verification.head.entries} lines${isAnchored ? ', as the run’s summary says' : ''}; the last is ${verification.head.hash}`
        : `${file}: broken at line ${verification.line}: ${verification.problem}`;
      context.stderr.write(`${text}\n`);
      context.end(intact ? EXIT.ok : EXIT.expectation);
    });
  command
    .command('show')
    .description('print the trail for people: who did what to whom, when, what was seen, what undoes it')
    .argument('<run>', 'the directory of a run, such as reports/latest, or its audit.ndjson')
    .action((path: string) => {
      const { entries, verification } = readAuditTrail(path);
      const lines = entries.flatMap(entryLines);
      if (!verification.intact) lines.push(`BROKEN at line ${verification.line}: ${verification.problem}`);
      context.stdout.write(`${lines.join('\n')}\n`);
    });
  return command;
}

interface ShownEntry {
  readonly seq: number;
  readonly time: string;
  readonly who: string;
  readonly by: string;
  readonly act: string;
  readonly fault?: string;
  readonly kind?: string;
  readonly target?: string;
  readonly targets?: readonly string[];
  readonly evidence?: Evidence;
  readonly undo?: readonly UndoRecord[];
  readonly detail?: string;
}

function entryLines(line: Readonly<Record<string, unknown>>): string[] {
  const { seq, time, who, by, act, fault, kind, target, targets, evidence, undo, detail } =
    line as unknown as ShownEntry;
  const whom = targets?.join(', ') ?? '';
  const named = target === undefined || target === whom ? whom : `${target}${whom === '' ? '' : `: ${whom}`}`;
  const what = [fault, kind, named === '' ? undefined : `on ${named}`].filter(Boolean).join(' ');
  return [
    `${String(seq).padStart(4)}  ${time}  ${who} (${by})  ${act}  ${what}`.trimEnd(),
    ...(detail === undefined ? [] : [`        ${detail}`]),
    ...(evidence?.looks ?? []).map(
      ({ at, saw }) => `        ${evidence?.holds ? 'seen' : 'seen, not as it should be'}: ${at}: ${saw}`,
    ),
    ...(undo ?? []).map((record) => `        undone by: ${record.what} (by hand: ${record.manual})`),
  ];
}
