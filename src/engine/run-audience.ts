import type { Reporter } from '../contracts/reporter.js';
import type { RunTraces } from '../contracts/trace.js';
import type { RunContext } from './run-context.js';

/** Whoever is told what a run does, as it does it. */
export interface RunAudience {
  /** Those who write reports. */
  readonly reporters: readonly Reporter[];
  /** Those, and who watches the run live. */
  readonly listeners: readonly Reporter[];
  readonly traces: RunTraces | undefined;
}

/** Has them listen to the journal, the traces first. */
export function openRunAudience(
  { plan, runId, dir, services, journal }: RunContext,
  live: Reporter | undefined,
): RunAudience {
  const reporters = services.reporters(dir.path);
  const listeners = live ? [...reporters, live] : reporters;
  const traces = services.openTraces({
    plan,
    runId,
    runDir: dir.path,
    listen: (listener) => journal.listen(listener),
  });
  journal.listen((event) => {
    for (const reporter of listeners) reporter.onEvent?.(event);
  });
  return { reporters, listeners, traces };
}
