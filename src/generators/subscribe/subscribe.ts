import { NS } from '../../base/clock.js';
import { filtersOverlap } from '../../base/subjects.js';
import { formatInteger, formatRatio } from '../../base/units.js';
import type { LoadKindFacts, LoadProblem } from '../../contracts/load.js';
import type { LoadPlan } from '../../contracts/plan/loads.js';
import { FollowingTraffic } from '../following-traffic.js';
import type { LoadKind, Traffic, TrafficRun, TrafficSetting } from '../load-kind.js';
import { shareOf } from '../worker-share.js';
import { Arrivals, writersHeardWhole } from './arrivals.js';
import { Slowness } from './slowness.js';
import { type SubscribeParams, subscribeSchema } from './subscribe-schema.js';
import { SubscriberLink } from './subscriber-link.js';

const facts: LoadKindFacts = {
  acknowledged: false,
  history: [],
  events: true,
  monitored: false,
  needsStream: false,
  schedules: ['follow'],
  measures: ['lag', 'duplicates', 'lost'],
  uncounted: (load) =>
    paramsOf(load).queue === undefined
      ? undefined
      : {
          counters: ['duplicates', 'lost'],
          why: 'who shares what comes in a queue group cannot tell what did not',
        },
};

const paramsOf = (load: LoadPlan): SubscribeParams => load.params as SubscribeParams;

/** Core subscribers: nobody keeps for them what they miss. */
export const subscribe: LoadKind = {
  kind: 'subscribe',
  summary:
    'core subscribers, each of which receives everything, or queue groups; slow ones, where that is wanted',
  facts,
  schema: subscribeSchema,
  findProblems,
  create: (setting) => new SubscribeTraffic(setting),
};

function findProblems(load: LoadPlan): LoadProblem[] {
  const { subscribers, connections = subscribers, subject = [] } = paramsOf(load);
  const problems: LoadProblem[] = [];
  if (connections > subscribers) {
    const message = `${connections} connections for ${subscribers} subscribers: some would have none`;
    problems.push({ key: 'connections', message, hint: 'Leave it out: each subscriber has its own then.' });
  } else if (connections < load.workers) {
    const message = `${load.workers} workers share ${connections} connections: some would have none`;
    problems.push({
      key: 'workers',
      message,
      hint: 'Each worker needs a connection, with a subscriber on it.',
    });
  }
  const twice = subject.find((filter, i) =>
    subject.some((other, j) => j < i && filtersOverlap(filter, other)),
  );
  if (twice !== undefined) {
    const message = `\`${twice}\` overlaps with another of its subjects: what matches both would come twice`;
    problems.push({ key: 'subject', message, hint: 'Make it two loads.' });
  }
  return problems;
}

/** So many connections are opened at a time. */
const OPENING = 64;
/** What the others have sent is on its way: silence for so long, and it has come. */
const QUIET_NS = 300 * NS.ms;
/** Others may never be silent. */
const PATIENCE_NS = 10 * NS.s;

class SubscribeTraffic extends FollowingTraffic implements Traffic {
  readonly #setting: TrafficSetting;
  readonly #arrivals: Arrivals;
  readonly #slowness: Slowness;
  readonly #links: readonly SubscriberLink[];
  readonly #startsLater: boolean;
  #windDownNs = Number.POSITIVE_INFINITY;
  #isStarted = false;
  #isLeaving = false;
  /** Only while it winds down: until then there is nothing that has to end. */
  inFlight = 0;

  constructor(setting: TrafficSetting) {
    super();
    this.#setting = setting;
    const { load, worker, events, writers } = setting;
    const { subscribers, connections = subscribers, queue, subject } = paramsOf(load);
    const filters = subject ?? events.map((event) => event.subject);
    const ownSubscribers = shareOf(subscribers, worker, load.workers);
    const ownConnections = shareOf(connections, worker, load.workers);
    this.#startsLater = load.atNs > 0;
    // Who shares what comes with others sees gaps that are none.
    const whole = queue === undefined ? writersHeardWhole(writers, filters) : [];
    this.#arrivals = new Arrivals(ownSubscribers, whole, !this.#startsLater, setting.receiveTracer);
    this.#slowness = new Slowness(paramsOf(load));
    let firstSubscriber = 0;
    this.#links = Array.from({ length: ownConnections }, (_, nth) => {
      const share = shareOf(ownSubscribers, nth, ownConnections);
      const options = { nth, firstSubscriber, subscribers: share, filters, queue };
      firstSubscriber += share;
      return new SubscriberLink(setting, options, this.#arrivals, this.#slowness);
    });
  }

  async open(): Promise<void> {
    for (let first = 0; first < this.#links.length; first += OPENING) {
      const some = this.#links.slice(first, first + OPENING);
      await Promise.all(some.map((link) => link.open()));
      if (!this.#startsLater) await Promise.all(some.map((link) => link.listen()));
    }
  }

  begin({ recorder, startNs }: TrafficRun): void {
    this.#arrivals.begin(recorder);
    this.#slowness.begin(startNs);
  }

  beat(atNs: number): number {
    if (!this.#isStarted) {
      this.#isStarted = true;
      if (this.#startsLater) for (const link of this.#links) link.subscribe();
    }
    if (atNs >= this.#windDownNs) this.#leaveWhenQuiet(atNs);
    let nextNs = this.#slowness.nextStallNs(atNs);
    for (const link of this.#links) nextNs = Math.min(nextNs, link.adjust(atNs));
    return nextNs;
  }

  windDown(atNs: number): void {
    this.#windDownNs = atNs;
    this.inFlight = 1;
    this.#slowness.end(atNs);
  }

  /** Once what the others have sent has come; at once where this load's own time is over. */
  #leaveWhenQuiet(atNs: number): void {
    const { schedule } = this.#setting.load;
    const lastsOwnTime = schedule.mode === 'follow' && schedule.durationNs !== undefined;
    const isQuiet =
      atNs - Math.max(this.#windDownNs, this.#arrivals.lastNs) >= QUIET_NS &&
      this.#links.every(({ connected }) => connected);
    if (!lastsOwnTime && !isQuiet && atNs - this.#windDownNs < PATIENCE_NS) return;
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    void Promise.all(this.#links.map((link) => link.leave())).then(() => {
      this.#noteSpread();
      this.inFlight = 0;
      this.#setting.onRoom();
    });
  }

  #noteSpread(): void {
    const { queue } = paramsOf(this.#setting.load);
    const { bySubscriber } = this.#arrivals;
    const total = bySubscriber.reduce((sum, count) => sum + count, 0);
    if (queue === undefined || bySubscriber.length < 2 || total === 0) return;
    const share = (count: number) => formatRatio(count / total);
    this.#setting.notices.add(
      'note',
      `queue group ${queue}: each of ${bySubscriber.length} members received between ` +
        `${share(bySubscriber.reduce((a, b) => Math.min(a, b)))} and ` +
        `${share(bySubscriber.reduce((a, b) => Math.max(a, b)))} of ${formatInteger(total)} events`,
    );
  }

  expire(): void {}

  flush(): void {}

  async close(): Promise<void> {
    await Promise.all(this.#links.map((link) => link.close()));
  }
}
