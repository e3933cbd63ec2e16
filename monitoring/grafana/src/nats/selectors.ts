/** Of our own metrics. */
export const SERVER = '{server=~"$server"}';
/** The exporter's own label for a server. */
export const SERVER_ID = '{server_id=~"$server"}';
export const STREAM = '{stream_name=~"$stream"}';
/** Groups of the chosen streams, and the meta group, which has none. */
export const GROUP = '{stream=~"$stream|"}';
