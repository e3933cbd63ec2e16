import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { codeOf, messageOf, PreflightError } from '../../base/errors.js';
import { chooseFormat, takesEncoding } from './choose-format.js';
import { CONTENT_TYPE, type PageFormat } from './page-format.js';
import { Readers } from './readers.js';

export interface MetricsServer extends AsyncDisposable {
  /** `http://127.0.0.1:9091/metrics` */
  readonly metricsUrl: string;
  /** Stops to listen, with every connection closed, or listens at its port again. Idempotent. Throws when the port was taken. */
  serve(isServed: boolean): Promise<void>;
  /** How many are connected. */
  connections(): Promise<number>;
}

export interface MetricsServerOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly page: (format: PageFormat) => Promise<Buffer>;
  /** Why the service is of no use right now; undefined when it is. */
  readonly unhealthy: () => string | undefined;
  /** Who takes nothing of an answer for so long, or asks nothing, is cut off. */
  readonly stalledAfterMs?: number;
}

const STALLED_AFTER_MS = 30_000;
const MOST_READERS = 16;
const MOST_CONNECTIONS = 256;

/** Fast rather than small, and in a thread of its own. */
const compress = (page: Buffer): Promise<Buffer> => promisify(gzip)(page, { level: 1 });

const PLAIN = 'text/plain; charset=utf-8';

/** Serves /metrics and /healthz. Throws a PreflightError when the port cannot be had. */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const { host, port, page, unhealthy, stalledAfterMs = STALLED_AFTER_MS } = options;
  const readers = new Readers(MOST_READERS);
  /** Who asks while a page is being made gets that one. */
  const making = new Map<PageFormat, Promise<Buffer>>();
  const pageOf = (format: PageFormat): Promise<Buffer> => {
    let made = making.get(format);
    if (made === undefined) {
      made = page(format).finally(() => making.delete(format));
      making.set(format, made);
    }
    return made;
  };
  const servePage = async (request: IncomingMessage, response: ServerResponse) => {
    readers.add(response);
    const format = chooseFormat(request.headers.accept);
    const made = await pageOf(format);
    const zipped = takesEncoding(header(request, 'accept-encoding'), 'gzip');
    const body = zipped ? await compress(made) : made;
    if (response.destroyed) return;
    response.setHeader('vary', 'accept, accept-encoding');
    if (zipped) response.setHeader('content-encoding', 'gzip');
    answer(request, response, 200, CONTENT_TYPE[format], body);
  };
  const respond = (request: IncomingMessage, response: ServerResponse) => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return answer(request, response, 405, PLAIN, 'only GET\n');
    switch (request.url?.split('?')[0]) {
      case '/metrics':
        servePage(request, response).catch((thrown) =>
          answer(request, response, 500, PLAIN, `${messageOf(thrown)}\n`),
        );
        return;
      case '/healthz': {
        const reason = unhealthy();
        if (reason === undefined) return answer(request, response, 200, PLAIN, 'ok\n');
        return answer(request, response, 503, PLAIN, `${reason}\n`);
      }
      default:
        return answer(request, response, 404, PLAIN, 'there are /metrics and /healthz\n');
    }
  };
  const open = async (atPort: number): Promise<Server> => {
    const opened = await listen(respond, host, atPort);
    opened.maxConnections = MOST_CONNECTIONS;
    // Writing that goes on starts the time again.
    opened.setTimeout(stalledAfterMs, (socket) => socket.destroy());
    return opened;
  };
  let server: Server | undefined = await open(port);
  const { port: ownPort } = server.address() as AddressInfo;
  const serve = async (isServed: boolean): Promise<void> => {
    if (isServed) server ??= await open(ownPort);
    else {
      const opened = server;
      server = undefined;
      if (opened) await close(opened);
    }
  };
  /** One after the other. */
  let serving = Promise.resolve();
  return {
    metricsUrl: `http://${host.includes(':') ? `[${host}]` : host}:${ownPort}/metrics`,
    serve: (isServed) => {
      const turn = serving.then(() => serve(isServed));
      serving = turn.catch(() => {});
      return turn;
    },
    connections: async () => (server ? promisify(server.getConnections.bind(server))() : 0),
    [Symbol.asyncDispose]: () => serving.then(() => serve(false)),
  };
}

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

const header = ({ headers }: IncomingMessage, name: string): string | undefined => headers[name]?.toString();

function answer(
  { method }: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: string,
  body: Buffer | string,
): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(method === 'HEAD' ? undefined : body);
}

async function listen(respond: RequestListener, host: string, port: number): Promise<Server> {
  const server = createServer(respond);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    return server;
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new PreflightError(`${host} is no address of this machine: /metrics cannot be served there`, {
        cause: thrown,
        hint: 'Name one that it has with `--host`; 127.0.0.1 is heard by this machine only.',
      });
    }
    const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on: ${messageOf(thrown)}`;
    throw new PreflightError(`${host}:${port} ${why}`, {
      cause: thrown,
      hint: 'Choose another port: `monitor.port` in the scenario, `--port` for `stormglass monitor`; 0 takes any that is free.',
    });
  }
}
