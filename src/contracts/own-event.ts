/**
 * Something that stormglass has to say, as an event like any other: `cim.events.{domain}.{type}`, JSON. It is the one way in
 * which the monitor, its probes of servers and a run itself report, beside the journal.
 */
export interface OwnEvent {
  readonly domain: 'stormglass' | 'nats' | 'gpu';
  /** `FaultInjected`, `LeaderElected`: past tense, in letters. */
  readonly type: string;
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}

/**
 * Takes such events: publishes them where there is a server to publish to, and hands them to the monitor directly where
 * there is none. Never throws, never waits, and keeps only so many.
 */
export interface OwnEventSink {
  publish(event: OwnEvent): void;
}
