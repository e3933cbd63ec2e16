import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '../../src/base/wait.js';
import { listTools } from '../../src/processes/tools/list-tools.js';

/**
 * Where a Jaeger is: STORMGLASS_TEST_JAEGER, the PATH, or the cache (`stormglass tools install jaeger`). Building it takes
 * minutes, so that what needs it is skipped without; with STORMGLASS_TEST_JAEGER=required it fails.
 */
export const jaegerPath = await find();

/** For the title of what is skipped without. */
export const needsJaeger =
  jaegerPath === undefined ? ' (skipped: no Jaeger; `stormglass tools install jaeger` builds it)' : '';

async function find(): Promise<string | undefined> {
  const { STORMGLASS_TEST_JAEGER: told, PATH: path = '', XDG_CACHE_HOME: cache } = process.env;
  const isRequired = told === 'required';
  const tools = await listTools({
    cacheDir: join(cache || join(homedir(), '.cache'), 'stormglass'),
    path,
    env: {},
    signal: new AbortController().signal,
    ...(told && !isRequired && { explicitPaths: { jaeger: told } }),
  });
  const found = tools.find(({ name }) => name === 'jaeger')?.found?.path;
  if (found === undefined && told) throw new Error(`no Jaeger, and STORMGLASS_TEST_JAEGER=${told}`);
  return found;
}

/** A span as Jaeger's own API tells it. */
export interface JaegerSpan {
  readonly spanID: string;
  readonly operationName: string;
  /** Of Unix time, in microseconds. */
  readonly startTime: number;
  /** Microseconds. */
  readonly duration: number;
  readonly processID: string;
  readonly references: readonly {
    readonly refType: string;
    readonly traceID: string;
    readonly spanID: string;
  }[];
  readonly tags: readonly { readonly key: string; readonly value: unknown }[];
  readonly logs: readonly {
    /** Of Unix time, in microseconds. */
    readonly timestamp: number;
    readonly fields: readonly { readonly key: string; readonly value: unknown }[];
  }[];
  /** What Jaeger finds wrong with it: a parent that it does not have, an id that there is twice. */
  readonly warnings: readonly string[] | null;
  /** Who did it. */
  readonly service: string;
}

interface JaegerTrace {
  readonly spans: readonly Omit<JaegerSpan, 'service'>[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
}

export interface Jaeger extends AsyncDisposable {
  /** Of its OTLP/HTTP receiver. */
  readonly endpoint: string;
  /** The spans of a trace; none when it has no such trace. */
  trace(traceId: string): Promise<readonly JaegerSpan[]>;
  /** Those of each trace in which a service did something for so long: `1s`. */
  find(service: string, operation: string, minDuration: string): Promise<readonly (readonly JaegerSpan[])[]>;
  /** How many it has, of all services: it shows what it was given a little later, and in any order. */
  spanCount(): Promise<number>;
}

/** Starts a Jaeger that keeps its traces in memory; resolves when it answers. */
export async function startJaeger(path: string, [otlp, query]: readonly [number, number]): Promise<Jaeger> {
  const on = (name: string, port: number) => `--${name}.host-port=127.0.0.1:${port}`;
  const child = spawn(
    path,
    [
      on('collector.otlp.http', otlp),
      on('query.http-server', query),
      ...['collector.otlp.grpc', 'query.grpc-server', 'admin.http', 'collector.http-server'].map((name) =>
        on(name, 0),
      ),
      ...['collector.grpc-server', 'http-server'].map((name) => on(name, 0)),
      ...['jaeger-binary', 'jaeger-compact', 'zipkin-compact'].map(
        (name) => `--processor.${name}.server-host-port=127.0.0.1:0`,
      ),
    ],
    { stdio: 'ignore', env: { SPAN_STORAGE_TYPE: 'memory' } },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ask = async (url: string) => (await fetch(`http://127.0.0.1:${query}${url}`)).json();
  const isUp = await waitFor(() => ask('/api/services'), { timeoutMs: 60_000, everyMs: 200 });
  const end = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  if (!isUp) {
    await end();
    throw new Error('Jaeger does not answer');
  }
  const tracesAt = async (url: string): Promise<readonly (readonly JaegerSpan[])[]> => {
    const { data } = (await ask(url)) as { data: readonly JaegerTrace[] | null };
    return (data ?? []).map(({ spans, processes }) =>
      spans.map((span) => ({ ...span, service: processes[span.processID]?.serviceName ?? '' })),
    );
  };
  const search = (asked: Readonly<Record<string, string>>) =>
    tracesAt(`/api/traces?${new URLSearchParams({ ...asked, limit: '100000', lookback: '1h' })}`);
  return {
    endpoint: `http://127.0.0.1:${otlp}`,
    trace: async (traceId) => (await tracesAt(`/api/traces/${traceId}`)).flat(),
    find: (service, operation, minDuration) => search({ service, operation, minDuration }),
    spanCount: async () => {
      const { data } = (await ask('/api/services')) as { data: readonly string[] | null };
      const traces = await Promise.all((data ?? []).map((service) => search({ service })));
      return new Set(traces.flat(2).map(({ spanID }) => spanID)).size;
    },
    [Symbol.asyncDispose]: end,
  };
}
