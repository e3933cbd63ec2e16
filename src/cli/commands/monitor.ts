import { once } from 'node:events';
import { Command } from 'commander';
import { runMonitor } from '../../app/index.js';
import { EXIT } from '../../base/errors.js';
import { visible } from '../../base/visible-text.js';
import { type AccessOptionValues, accessOf, addAccessOptions } from '../access-options.js';
import type { CliContext } from '../context.js';
import { collect, parsePort } from '../options.js';

interface MonitorOptions extends AccessOptionValues {
  readonly server?: readonly string[];
  readonly natsUrl?: readonly string[];
  readonly systemContext?: string;
  readonly config?: string;
  readonly subject?: string;
  readonly port?: number;
  readonly host: string;
  readonly partition?: string;
}

/** `stormglass monitor`: the event → metric service alone, until it is interrupted. */
export function monitorCommand(context: CliContext): Command {
  const command = new Command('monitor')
    .description('run the event → metric service alone, against any NATS, until interrupted')
    .option(
      '--server <url>',
      'a server of the system; several times for several (nats://127.0.0.1:4222, or the context’s)',
      collect,
    );
  return addAccessOptions(command)
    .option(
      '--nats-url <url>',
      'monitoring endpoint of a server, http://127.0.0.1:8222; once for each server that there should be',
      collect,
    )
    .option(
      '--system-context <name>',
      'context of the `nats` command for the account of the system, through which servers are found and tell of themselves',
    )
    .option('--config <file>', 'what the monitor is told, a YAML file; options go before it')
    .option(
      '--subject <pattern>',
      'where events are, and which tokens name them (cim.events.{domain}.{type}, or the file’s)',
    )
    .option('--port <number>', 'where /metrics is served (9091, or the file’s)', parsePort)
    .option('--host <address>', 'the address of this machine that serves it', '127.0.0.1')
    .option(
      '--partition <i/n>',
      'which of several monitors this is, as 2/3: each counts its share of the domains, and their sums are exact',
    )
    .action(async (options: MonitorOptions) => {
      const { signal } = context.interruption;
      const monitor = await runMonitor({
        ...(options.server && { servers: options.server }),
        ...(options.natsUrl && { natsUrls: options.natsUrl }),
        ...(options.systemContext !== undefined && { systemContext: options.systemContext }),
        ...accessOf(command, options),
        env: context.env,
        ...(options.config !== undefined && { config: options.config }),
        ...(options.subject !== undefined && { pattern: options.subject }),
        ...(options.port !== undefined && { port: options.port }),
        ...(options.partition !== undefined && { partition: options.partition }),
        host: options.host,
        onNotice: ({ kind, text }) => context.stderr.write(`${kind}: ${visible(text)}\n`),
      });
      context.stderr.write(`watching ${monitor.subject}, metrics at ${monitor.metricsUrl}\n`);
      const interrupted = signal.aborted ? undefined : once(signal, 'abort');
      const failure = await Promise.race([monitor.failed, interrupted]);
      await monitor[Symbol.asyncDispose]();
      if (failure instanceof Error) throw failure;
      // Being told to stop is how it is meant to end.
      context.end(EXIT.ok);
    });
}
