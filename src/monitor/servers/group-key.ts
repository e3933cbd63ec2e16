/** The name under which those are told that are too many to tell apart. */
export const OTHER = 'other';

/** No name in NATS has a space in it. */
export const META_KEY = 'meta';
export const streamKey = (account: string, stream: string): string => `stream ${account} ${stream}`;
export const consumerKey = (account: string, stream: string, consumer: string): string =>
  `consumer ${account} ${stream} ${consumer}`;
