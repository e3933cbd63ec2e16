import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { AlertServer } from '../../../src/alerts/alert-server.js';
import { divideRouting } from '../../../src/alerts/routing.js';
import { alertmanager } from '../prometheus-tools.js';
import { leaseTestPorts } from '../test-ports.js';
import { MONITORING } from './shipped-rules.js';

export interface TestAlertmanager extends AsyncDisposable {
  readonly url: string;
}

/**
 * A real one with the shipped routes and inhibitions, and nothing known yet; waiting takes a sixtieth of the time. `urlOf` is
 * where the webhook of each receiver is.
 */
export async function startAlertmanager(
  place: string,
  urlOf: (receiver: string) => string,
): Promise<TestAlertmanager> {
  const ports = await leaseTestPorts(1);
  const url = `http://127.0.0.1:${ports.ports[0]}`;
  const shipped = parse(readFileSync(join(MONITORING, 'alertmanager.yml'), 'utf8'));
  writeFileSync(join(place, 'alertmanager.yml'), stringify(divideRouting(shipped, 60, urlOf)));
  const server = await AlertServer.start({
    name: 'Alertmanager',
    program: alertmanager as string,
    url,
    logFile: join(place, 'alertmanager.log'),
    mark: `test-${process.pid}`,
    signal: new AbortController().signal,
    onEnd: () => {},
    args: [
      `--config.file=${join(place, 'alertmanager.yml')}`,
      `--storage.path=${join(place, 'alertmanager')}`,
      `--web.listen-address=127.0.0.1:${ports.ports[0]}`,
      '--cluster.listen-address=',
    ],
  });
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      ports[Symbol.dispose]();
    },
  };
}
