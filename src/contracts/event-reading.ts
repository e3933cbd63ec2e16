/** What the fields of events are called: the first that is there counts, dots lead into objects. */
export interface EventFieldNames {
  /** When it happened. */
  readonly time: readonly string[];
  /** How it ended, in a word. */
  readonly outcome: readonly string[];
  /** What went wrong: it failed where this is there. */
  readonly error: readonly string[];
  /** What it belongs to, with other events. */
  readonly correlation: readonly string[];
  /** Whom it is about. */
  readonly agent: readonly string[];
  /** Its number among those of its source; unless that is named, nothing is followed. */
  readonly sequence: readonly string[];
  /** Who numbers it; where no name is given, each domain numbers its own. */
  readonly source: readonly string[];
}

export type EventFieldName = keyof EventFieldNames;

export interface EventReading {
  /** `auto`: what begins like JSON is read as such. `json`: all else is an error. `opaque`: nothing is read. */
  readonly format: 'auto' | 'json' | 'opaque';
  readonly fields: EventFieldNames;
  /** Those fields whose names the user chose: what they hold is held against them. */
  readonly declaredFields: readonly EventFieldName[];
  /** Outcome → the words that say it: in the outcome's field, or at the end of a type's name. */
  readonly outcomes: Readonly<Record<string, readonly string[]>>;
  /** JSON that is larger is counted and not read. */
  readonly maxEventBytes: number;
  /** Objects and arrays within each other. */
  readonly maxDepth: number;
  /** So many sources that number their events are followed at a time. */
  readonly maxSources: number;
}

/** How events are read where nothing is said of it: as CIM's and CloudEvents' own are. */
export const DEFAULT_EVENT_READING: EventReading = {
  format: 'auto',
  fields: {
    time: ['time', 'timestamp', 'occurredAt', 'occurred_at', 'createdAt', 'created_at', 'ts'],
    outcome: ['outcome', 'status', 'result', 'success'],
    error: ['error', 'errorCode', 'error_code'],
    correlation: [
      'correlation',
      'correlationId',
      'correlation_id',
      'correlationid',
      'workflowId',
      'workflow_id',
    ],
    agent: ['agent', 'agentId', 'agent_id', 'agentid'],
    sequence: [],
    source: [],
  },
  declaredFields: [],
  outcomes: {
    success: ['success', 'succeeded', 'ok', 'completed', 'complete', 'done', 'accepted', 'approved'],
    failure: [
      'failure',
      'failed',
      'fail',
      'error',
      'rejected',
      'declined',
      'timeout',
      'timed-out',
      'timedout',
      'aborted',
    ],
    cancelled: ['cancelled', 'canceled'],
  },
  maxEventBytes: 1024 * 1024,
  maxDepth: 64,
  maxSources: 10_000,
};
