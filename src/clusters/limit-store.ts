/** How nats-server's settings spell the limit on what streams take up on disk. */
const LIMIT_LINE = /^ {2}"max_(?:file_store|file)": .*\n/gm;
/** As `serverConfigText` writes it. */
const JETSTREAM = '"jetstream": {\n';

/** The text of a server's settings with another limit. @throws Error when there is no JetStream in it */
export function withStoreLimit(configText: string, maxFileStoreBytes: number): string {
  const start = configText.indexOf(JETSTREAM);
  const end = configText.indexOf('\n}\n', start);
  if (start < 0 || end < 0) throw new Error('the server was started without JetStream');
  const from = start + JETSTREAM.length;
  const block = configText.slice(from, end + 1).replace(LIMIT_LINE, '');
  return `${configText.slice(0, from)}  "max_file_store": ${maxFileStoreBytes}\n${block}${configText.slice(end + 1)}`;
}
