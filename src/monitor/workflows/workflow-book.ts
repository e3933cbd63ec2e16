import { NS } from '../../base/clock.js';
import type { MetricFamily, MetricSample } from '../../contracts/metric.js';
import type { BookScene } from '../books.js';
import type { EventBook, ScannedEvent } from '../events/scanned-event.js';
import { family } from '../family.js';
import { BucketRows } from '../tables/bucket-rows.js';
import { isName, isTrue, wholeNumber } from '../tables/field-reading.js';
import { Figures } from '../tables/figures.js';
import { happenedNs, isAnew } from '../tables/happened.js';
import { KeyHash } from '../tables/key-hash.js';
import { NONE } from '../tables/key-table.js';
import { LabelTable } from '../tables/label-table.js';
import { ENDED, LifeTable, OPEN } from '../tables/life-table.js';
import { SightWatch } from '../tables/sight-watch.js';
import { ANY_STEM, ends, FAILURE, roleOf, START, STEP, stemOf, WorkflowRoles } from './workflow-roles.js';
import type { WorkflowsPlan } from './workflows-schema.js';

/** Upper bounds of `cim_workflow_duration_seconds`: from a saga on loopback to what waits for people. */
export const DURATION_BOUNDS_S: readonly number[] = [
  0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14_400, 86_400,
];

/** At a tick so many are looked at, whether they are to be forgotten: of a million, each about twice a minute. */
const LOOKS = 32_768;

/**
 * Follows workflows by the correlation ids in events: each is started once, and then open until it is completed, failed or
 * forgotten, whatever comes late, twice or in another order. Many carry such an id who belong to none: only what begins one, or
 * ends one, is the first that is known of it.
 */
export class WorkflowBook implements EventBook {
  readonly #plan: WorkflowsPlan;
  readonly #correlation: number;
  readonly #workflow: number;
  readonly #number: number;
  readonly #last: number;
  readonly #failure: number;
  readonly #series: BookScene['series'];
  readonly #roles: WorkflowRoles;
  readonly #labels: LabelTable;
  readonly #hash = new KeyHash();
  readonly #lives: LifeTable;
  readonly #watch: SightWatch;
  readonly #started = new Figures();
  readonly #completed = new Figures();
  readonly #failed = new Figures();
  readonly #forgotten = new Figures();
  readonly #open = new Figures();
  readonly #durations = new BucketRows(DURATION_BOUNDS_S);
  /** Where the next look for those that are to be forgotten begins. */
  #hand = 0;

  constructor(plan: WorkflowsPlan, { want, series, fields, outcomes, startNs }: BookScene) {
    this.#plan = plan;
    this.#correlation = want(...fields.correlation);
    this.#workflow = want(...plan.workflow);
    this.#number = want(...plan.number);
    this.#last = want(...plan.last);
    this.#failure = outcomes.indexOf('failure');
    this.#series = series;
    this.#roles = new WorkflowRoles(plan, series);
    this.#labels = new LabelTable(plan['max-names']);
    this.#watch = new SightWatch(startNs);
    this.#lives = new LifeTable({
      mostOpen: plan['max-open'],
      mostEnded: plan['max-open'],
      onForgotten: (slot) => {
        const label = this.#lives.label[slot]!;
        this.#forgotten.add(label, 1);
        this.#open.add(label, -1);
      },
    });
  }

  /** All that is kept of single workflows, in bytes. */
  get bytes(): number {
    return this.#lives.bytes;
  }

  onEvent(event: ScannedEvent): void {
    const correlation = this.#correlation;
    if (!isName(event, correlation)) return;
    const { receivedNs } = event;
    this.#watch.onTime(receivedNs);
    const hash = this.#hash;
    // Two loads may give the same ids.
    hash.begin(event.load);
    hash.bytes(event.buffer, event.fieldStarts[correlation]!, event.fieldEnds[correlation]!);
    hash.end();
    const lives = this.#lives;
    const what = this.#roles.of(event);
    const begins = this.#begins(event, what);
    const atNs = happenedNs(event);
    let slot = lives.find(hash);
    const isFirst = slot === NONE;
    if (isFirst) {
      if (!begins && !this.#endsUnknown(event, what)) return;
      const label = this.#labelOf(event);
      // An end that comes first says nothing of the beginning.
      slot = lives.add(hash, label, begins ? atNs : Number.NaN, receivedNs);
      this.#onBegun(label);
    } else if (lives.state[slot] === OPEN) {
      lives.newsNs[slot] = receivedNs;
      if (begins && !(lives.beginNs[slot]! <= atNs)) lives.beginNs[slot] = atNs;
    } else {
      if (!begins) return;
      if (!isAnew(event, lives.newsNs[slot]!)) {
        this.#onLateBeginning(slot, atNs);
        return;
      }
      const label = this.#labelOf(event);
      lives.reopen(slot, label, atNs, receivedNs);
      this.#onBegun(label);
    }
    if (roleOf(what) === START && lives.tag[slot] === ANY_STEM) lives.tag[slot] = stemOf(what);
    if (this.#ends(event, what, lives.tag[slot]!)) this.#end(event, what, slot, atNs);
  }

  tick(nowNs: number): void {
    this.#watch.onTime(nowNs);
    const lives = this.#lives;
    const afterNs = this.#plan['forget-after'];
    for (let looks = Math.min(LOOKS, lives.used); looks > 0; looks--) {
      const slot = this.#hand < lives.used ? this.#hand : 0;
      this.#hand = slot + 1;
      if (lives.state[slot] === OPEN && this.#watch.silenceNs(lives.newsNs[slot]!) > afterNs)
        lives.forget(slot, this.#watch.nowNs);
    }
  }

  onSight(isSeeing: boolean, nowNs: number): void {
    this.#watch.onSight(isSeeing, nowNs);
  }

  *families(): Iterable<MetricFamily> {
    const { names } = this.#labels;
    const labels = [...names.keys()].filter((label) => this.#started.of(label) > 0);
    const samples = (figureOf: (label: number) => number): MetricSample[] =>
      labels.map((label) => ({ labels: { workflow: names[label]! }, value: figureOf(label) }));
    const { stalled, oldestAgeNs } = this.#lookAtOpen();
    yield family(
      'cim_workflow_started_total',
      samples((label) => this.#started.of(label)),
    );
    yield family(
      'cim_workflow_completed_total',
      samples((label) => this.#completed.of(label)),
    );
    yield family(
      'cim_workflow_failed_total',
      samples((label) => this.#failed.of(label)),
    );
    yield family(
      'cim_workflow_forgotten_total',
      samples((label) => this.#forgotten.of(label)),
    );
    yield family(
      'cim_workflow_open',
      samples((label) => this.#open.of(label)),
    );
    yield family(
      'cim_workflow_stalled',
      samples((label) => stalled.of(label)),
    );
    yield family(
      'cim_workflow_oldest_open_age_seconds',
      samples((label) => oldestAgeNs.of(label) / NS.s),
    );
    const durations = labels.flatMap((label) => [
      ...this.#durations.samples(label, { workflow: names[label]! }),
    ]);
    yield family('cim_workflow_duration_seconds', durations);
  }

  #begins(event: ScannedEvent, what: number): boolean {
    const first = this.#plan['first-number'];
    return roleOf(what) === START || (first !== undefined && wholeNumber(event, this.#number) === first);
  }

  /** @param begunAs the stem of its beginning; ANY_STEM when that was not seen, or was configured */
  #ends(event: ScannedEvent, what: number, begunAs: number): boolean {
    if (ends(what, begunAs) || isTrue(event, this.#last)) return true;
    const last = wholeNumber(event, this.#last);
    return last >= 0 && last === wholeNumber(event, this.#number);
  }

  /** Whether it ends one of which nothing is known: where beginnings are configured, a mere `XFailed` may be of anything. */
  #endsUnknown(event: ScannedEvent, what: number): boolean {
    const isGuessed = this.#plan.started !== undefined && stemOf(what) !== ANY_STEM;
    return this.#ends(event, isGuessed ? STEP : what, ANY_STEM);
  }

  #onBegun(label: number): void {
    this.#started.add(label, 1);
    this.#open.add(label, 1);
  }

  #end(event: ScannedEvent, what: number, slot: number, atNs: number): void {
    const lives = this.#lives;
    const label = lives.label[slot]!;
    const isFailed = roleOf(what) === FAILURE || event.outcome === this.#failure;
    (isFailed ? this.#failed : this.#completed).add(label, 1);
    this.#open.add(label, -1);
    this.#observe(label, lives.beginNs[slot]!, atNs);
    lives.end(slot, atNs);
  }

  /** The beginning of one that has ended: now it is known how long it took. */
  #onLateBeginning(slot: number, atNs: number): void {
    const { state, beginNs, newsNs, label } = this.#lives;
    if (state[slot] !== ENDED || !Number.isNaN(beginNs[slot])) return;
    beginNs[slot] = atNs;
    this.#observe(label[slot]!, atNs, newsNs[slot]!);
  }

  #observe(label: number, beginNs: number, endNs: number): void {
    if (Number.isNaN(beginNs)) return;
    this.#durations.observe(label, Math.max(0, endNs - beginNs) / NS.s);
  }

  #labelOf(event: ScannedEvent): number {
    const field = this.#workflow;
    return isName(event, field)
      ? this.#labels.indexOf(event.buffer, event.fieldStarts[field]!, event.fieldEnds[field]!)
      : this.#labels.indexOfText(this.#series.domainOf(event));
  }

  /** One look at all that are open: how many stand still, and since when the oldest is open. */
  #lookAtOpen(): { readonly stalled: Figures; readonly oldestAgeNs: Figures } {
    const { used, state, label, beginNs, newsNs } = this.#lives;
    const watch = this.#watch;
    const stalledAfterNs = this.#plan['stalled-after'];
    const stalled = new Figures();
    const oldestAgeNs = new Figures();
    for (let slot = 0; slot < used; slot++) {
      if (state[slot] !== OPEN) continue;
      const of = label[slot]!;
      if (watch.silenceNs(newsNs[slot]!) > stalledAfterNs) stalled.add(of, 1);
      oldestAgeNs.raise(of, watch.nowNs - beginNs[slot]!);
    }
    return { stalled, oldestAgeNs };
  }
}
