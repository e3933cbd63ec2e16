import type { z } from 'zod';
import { subjectMatches } from '../../base/subjects.js';
import { patienceSchema } from '../../base/unit-schemas.js';
import type { OperationKind } from '../../contracts/history.js';
import type { LoadKindFacts, LoadProblem, LoadScene } from '../../contracts/load.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';
import { COUNTER } from '../../metrics/load-recorder.js';
import type { MessageView } from '../../wire/parser.js';
import { REPLY_TOKEN_BYTES } from '../../wire/reply-token.js';
import { answeredSchema } from '../answered-schema.js';
import { AnsweredTraffic, FAILED, UNKNOWN } from '../answered-traffic.js';
import type { Feed } from '../feed.js';
import { FrameFeed } from '../frame-feed.js';
import type { LoadKind, TrafficSetting } from '../load-kind.js';
import { asRequests, REQUEST_PATTERN, requestPatternSchema } from '../request-subjects.js';
import { type Complaint, readComplaint } from './reply-complaint.js';

/** Durations are nanoseconds. */
const schema = answeredSchema.omit({ 'ack-timeout': true }).extend({
  subject: requestPatternSchema
    .prefault(REQUEST_PATTERN)
    .describe('Where requests go; {domain} and {type} stand for those of the event that is sent'),
  timeout: patienceSchema
    .prefault('5s')
    .describe('How long a reply is waited for before the outcome is unknown'),
});

type RequestParams = z.output<typeof schema>;

const facts: LoadKindFacts = {
  acknowledged: true,
  history: ['request'],
  events: true,
  monitored: false,
  needsStream: false,
  schedules: ['open', 'max', 'closed'],
};

/** Requests, each with one reply. */
export const request: LoadKind = {
  kind: 'request',
  summary: 'requests that each have one reply, of a service load or of a service of yours',
  facts,
  schema,
  findProblems,
  create: (setting) => new RequestTraffic(setting),
};

/** A stream answers whatever it stores: its acknowledgement would be taken for the reply. */
function findProblems({ params, domains }: LoadPlan, { events, streams }: LoadScene): LoadProblem[] {
  const sent = events.filter(({ domain }) => domains.includes(domain));
  for (const { subject } of asRequests(sent, (params as RequestParams).subject)) {
    const taken = streams.find(({ subjects }) => subjects.some((filter) => subjectMatches(filter, subject)));
    if (taken === undefined) continue;
    const message = `\`${subject}\` goes to the stream ${taken.name}, which would answer that it has stored it`;
    return [{ key: 'subject', message, hint: 'Send requests to subjects that no stream takes.' }];
  }
  return [];
}

const OUTCOME_OF: Readonly<Record<Complaint['outcome'], number>> = { failed: FAILED, unknown: UNKNOWN };

class RequestTraffic extends AnsweredTraffic {
  constructor(setting: TrafficSetting) {
    const { subject } = setting.load.params as RequestParams;
    super({ ...setting, events: asRequests(setting.events, subject) });
  }

  protected override get historyKinds(): readonly OperationKind[] {
    return ['request'];
  }

  protected override get answerName(): string {
    return 'reply';
  }

  protected override get timeoutNs(): number {
    return (this.setting.load.params as RequestParams).timeout;
  }

  protected override makeFeed(): Feed {
    return new FrameFeed(this.setting, this.connection, {
      headers: (this.setting.load.params as RequestParams).headers,
      window: this.window,
      replyPrefix: this.inbox,
      replyTokenBytes: REPLY_TOKEN_BYTES,
    });
  }

  protected override onAnswer(view: MessageView, slot: number): void {
    const { headerStart, payloadStart, payloadEnd } = view;
    const complaint = headerStart === payloadStart ? undefined : readComplaint(view);
    if (complaint) {
      const { outcome, reason } = complaint;
      this.setting.notices.add('operation-error', reason);
      this.end(slot, OUTCOME_OF[outcome], this.readNs, 0, reason);
      return;
    }
    this.run.recorder.count(COUNTER.reply_bytes, this.window.phase[slot]!, payloadEnd - payloadStart);
    this.succeed(slot, 0);
  }
}
