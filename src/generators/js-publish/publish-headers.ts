import { sequenceField } from '../../wire/fields/sequence-field.js';
import type { FrameHeaders } from '../../wire/frame-headers.js';
import type { TrafficSetting } from '../load-kind.js';
import type { JsPublishParams } from './js-publish-schema.js';

/** As many digits as a stamp can count. */
const SEQUENCE_DIGITS = 13;

/** The headers of every message of a load: the user's, and those that are orders to the server. */
export function publishHeaders({ load, runId, writer }: TrafficSetting): FrameHeaders {
  const params = load.params as JsPublishParams;
  return {
    ...params.headers,
    ...(params['msg-id'] !== false && {
      'Nats-Msg-Id': [`${runId}-${writer}-`, sequenceField(SEQUENCE_DIGITS)],
    }),
    ...(params['expect-stream'] !== undefined && { 'Nats-Expected-Stream': params['expect-stream'] }),
  };
}
