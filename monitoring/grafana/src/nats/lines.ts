import { over } from '../parts/prometheus-query.js';
import { SERVER, SERVER_ID, STREAM } from './selectors.js';

// The monitor and the exporter may tell the same: the larger of both. Of streams and consumers the twenty largest.

const LABELS_OF_CONSUMER = 'stream_name, consumer_name';
const rate = (series: string): string => `rate(${series}[$__rate_interval])`;

/** A line for each server, of the exporter's metrics. */
export const byServer = (metric: string) => largest('server_id', `${metric}${SERVER_ID}`);
export const rateByServer = (metric: string) => largest('server_id', rate(`${metric}${SERVER_ID}`));

/** A line for each server, of our own metrics. */
export const byOwnServer = (metric: string) => largest('server', `${metric}${SERVER}`);

/** A line for each stream. */
export const byStream = (metric: string) => twenty('stream_name', `${metric}${STREAM}`);
export const rateByStream = (metric: string) => twenty('stream_name', rate(`${metric}${STREAM}`));

/** A line for each consumer. */
export const byConsumer = (metric: string) => twenty(LABELS_OF_CONSUMER, `${metric}${STREAM}`);
export const rateByConsumer = (metric: string) => twenty(LABELS_OF_CONSUMER, rate(`${metric}${STREAM}`));

const largest = (labels: string, figure: string) => over(`max by (${labels}) (${figure})`, legendOf(labels));
const twenty = (labels: string, figure: string) =>
  over(`topk(20, max by (${labels}) (${figure}))`, legendOf(labels));

/** `{{stream_name}} {{consumer_name}}` */
const legendOf = (labels: string): string =>
  labels
    .split(', ')
    .map((label) => `{{${label}}}`)
    .join(' ');
