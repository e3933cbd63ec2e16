import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { codeOf, messageOf, PreflightError } from '../base/errors.js';

export interface MetricsServer extends AsyncDisposable {
  /** `http://127.0.0.1:9091/metrics` */
  readonly metricsUrl: string;
}

export interface MetricsServerOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly registry: Registry;
  /** Why the service is of no use right now; undefined when it is. */
  readonly unhealthy: () => string | undefined;
}

/** Serves /metrics and /healthz. Throws a PreflightError when the port cannot be had. */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const { host, port, registry, unhealthy } = options;
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string) => {
      response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    const text = 'text/plain; charset=utf-8';
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, text, 'only GET\n');
    switch (new URL(request.url ?? '/', 'http://localhost').pathname) {
      case '/metrics':
        registry.metrics().then(
          (page) => answer(200, registry.contentType, page),
          (thrown) => answer(500, text, `${messageOf(thrown)}\n`),
        );
        return;
      case '/healthz': {
        const reason = unhealthy();
        return reason === undefined ? answer(200, text, 'ok\n') : answer(503, text, `${reason}\n`);
      }
      default:
        return answer(404, text, 'there are /metrics and /healthz\n');
    }
  });
  await listen(server, host, port);
  return {
    metricsUrl: `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}/metrics`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (thrown) {
    const why = codeOf(thrown) === 'EADDRINUSE' ? 'is in use' : `cannot be listened on: ${messageOf(thrown)}`;
    throw new PreflightError(`${host}:${port} ${why}`, {
      cause: thrown,
      hint: 'Choose another port: `monitor.port` in the scenario, `--port` for `stormglass monitor`; 0 takes any that is free.',
    });
  }
}
