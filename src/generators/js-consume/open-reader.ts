import { messageOf, PreflightError } from '../../base/errors.js';
import type { WireApi } from '../../nats/wire-api.js';
import type { WireConnection } from '../../wire/connection.js';
import type { TrafficSetting } from '../load-kind.js';
import { deliverFrom, filterFields } from './consumers.js';
import type { JsConsumeParams } from './js-consume-schema.js';
import { OrderedReader } from './ordered-reader.js';
import { PullReader, type PullReaderOptions } from './pull-reader.js';

/**
 * Makes ready to pull from the consumer of this name; in the mode `ordered`, from one that it makes itself. `onGap` is
 * told how many sequences of the stream one of these has missed. Rejects with a PreflightError when it cannot be made.
 */
export async function openReader(
  name: string,
  { load, notices }: TrafficSetting,
  connection: WireConnection,
  api: WireApi,
  onGap: (sequences: number) => void,
): Promise<PullReader> {
  const params = load.params as JsConsumeParams;
  const options: PullReaderOptions = {
    connection,
    notices,
    stream: params.stream,
    batch: params.batch,
    threshold: params.mode === 'fetch' ? 0 : params.batch >> 1,
    expiresNs: params.expires,
    heartbeatNs: Math.min(params.heartbeat, params.expires / 2),
  };
  if (params.mode !== 'ordered') {
    const reader = new PullReader(options, name);
    reader.listen();
    return reader;
  }
  const reader = new OrderedReader({
    ...options,
    api,
    begin: deliverFrom(params),
    filter: filterFields(params),
    isWhole: params.filter === undefined && params.deliver !== 'last-per-subject',
    onGap,
  });
  try {
    await reader.make();
  } catch (thrown) {
    throw new PreflightError(`load ${load.name}: ${params.stream} cannot be read: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
  return reader;
}
