import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_EVENT_READING } from '../../../src/contracts/event-reading.js';
import { makeWorkflowBook } from '../../../src/monitor/workflows/make-workflow-book.js';
import { WorkflowBook } from '../../../src/monitor/workflows/workflow-book.js';
import { workflowsSchema, workflowsSectionSchema } from '../../../src/monitor/workflows/workflows-schema.js';
import { BookUnderTest, START_NS, type TestEvent } from './book-under-test.js';

type Settings = Parameters<typeof workflowsSchema.parse>[0];

const following = (settings: Settings = {}, loads?: readonly string[]) =>
  new BookUnderTest((scene) => new WorkflowBook(workflowsSchema.parse(settings), scene), loads);

/** An event of a workflow, received as it happened. */
const event = (atMs: number, type: string, id: string, more: Partial<TestEvent> = {}): TestEvent => ({
  atMs,
  lagMs: 0,
  type,
  ...more,
  fields: { correlation: id, ...more.fields },
});

const account = (book: ReturnType<typeof following>, workflow: string) => ({
  started: book.figure('cim_workflow_started_total', { workflow }),
  completed: book.figure('cim_workflow_completed_total', { workflow }),
  failed: book.figure('cim_workflow_failed_total', { workflow }),
  forgotten: book.figure('cim_workflow_forgotten_total', { workflow }),
  open: book.figure('cim_workflow_open', { workflow }),
});

describe('following workflows', () => {
  it('knows the beginning and the end of what stormglass’s own agents publish, and takes no step for an end', () => {
    const book = following();
    const publish = (atMs: number, type: string, number: number) =>
      book.tell(
        event(atMs, type, '0000007-00000001', { fields: { agent: '0000007', number: `0000${number}` } }),
      );
    publish(0, 'WorkflowStarted', 0);
    publish(400, 'WorkflowStepCompleted', 1);
    publish(900, 'WorkflowStepCompleted', 2);
    expect(account(book, 'orders')).toMatchObject({ started: 1, completed: 0, open: 1 });
    publish(900, 'WorkflowCompleted', 3);
    expect(account(book, 'orders')).toEqual({ started: 1, completed: 1, failed: 0, forgotten: 0, open: 0 });
    expect(book.figure('cim_workflow_duration_seconds', { workflow: 'orders' }, '_sum')).toBeCloseTo(0.9);
    expect(book.figure('cim_workflow_duration_seconds', { workflow: 'orders', le: '1' }, '_bucket')).toBe(1);
    expect(book.figure('cim_workflow_duration_seconds', { workflow: 'orders', le: '0.5' }, '_bucket')).toBe(
      0,
    );
  });

  it('follows one across domains, under the domain of its first event, until the end that has the name of its beginning', () => {
    const book = following();
    book.tell(event(0, 'OrderStarted', 'a'));
    book.tell(event(10, 'PaymentStarted', 'a', { domain: 'payments' }));
    book.tell(event(20, 'PaymentFailed', 'a', { domain: 'payments' }));
    book.tell(event(30, 'PaymentCompleted', 'a', { domain: 'payments' }));
    expect(account(book, 'orders')).toMatchObject({ started: 1, completed: 0, failed: 0, open: 1 });
    book.tell(event(40, 'OrderFailed', 'a'));
    expect(account(book, 'orders')).toMatchObject({ started: 1, completed: 0, failed: 1, open: 0 });
    expect(book.figure('cim_workflow_started_total', { workflow: 'payments' })).toBeUndefined();
  });

  it('takes the beginning and the end from the configuration, and the label from a field', () => {
    const book = following({
      started: ['OrderPlaced'],
      completed: ['shipping.Delivered'],
      failed: ['*Cancelled'],
    });
    const fields = { workflow: 'purchase' };
    for (const id of ['a', 'b', 'c']) book.tell(event(0, 'OrderPlaced', id, { fields }));
    book.tell(event(1, 'Delivered', 'a', { fields, domain: 'shipping' }));
    book.tell(event(1, 'Delivered', 'b', { fields, domain: 'elsewhere' }));
    book.tell(event(1, 'OrderCompleted', 'b', { fields }));
    book.tell(event(1, 'OrderCancelled', 'c', { fields }));
    expect(account(book, 'purchase')).toMatchObject({ started: 3, completed: 1, failed: 1, open: 1 });
  });

  it('knows an end by what the event says: that it is the last, which number is, and that it failed', () => {
    const book = following({ 'first-number': 1 });
    book.tell(event(0, 'Placed', 'a', { fields: { number: 1 } }));
    book.tell(event(5, 'Shipped', 'a', { fields: { number: 2, last: true, outcome: 'failed' } }));
    book.tell(event(0, 'Placed', 'b', { fields: { number: 1, last: 3 } }));
    book.tell(event(5, 'Paid', 'b', { fields: { number: 2, last: 3 } }));
    book.tell(event(9, 'Shipped', 'b', { fields: { number: 3, last: 3 } }));
    expect(account(book, 'orders')).toMatchObject({ started: 2, completed: 1, failed: 1, open: 0 });
    expect(book.figure('cim_workflow_duration_seconds', {}, '_count')).toBe(2);
  });

  it('counts one whose events come in another order, late or twice as the one that it is', () => {
    const book = following();
    book.tell(event(10, 'OrderStarted', 'a', { lagMs: 5 }));
    book.tell(event(12, 'OrderCompleted', 'a', { lagMs: 3 }));
    // The beginning is overtaken by the end: when it comes, it is known how long it took.
    expect(book.figure('cim_workflow_duration_seconds', {}, '_count')).toBe(1);
    book.tell(event(20, 'OrderCompleted', 'b', { lagMs: 2 }));
    expect(book.figure('cim_workflow_duration_seconds', {}, '_count')).toBe(1);
    book.tell(event(21, 'OrderStarted', 'b', { lagMs: 13 }));
    book.tell(event(21, 'OrderStarted', 'b', { lagMs: 13 }));
    expect(book.figure('cim_workflow_duration_seconds', {}, '_count')).toBe(2);
    expect(book.figure('cim_workflow_duration_seconds', {}, '_sum')).toBeCloseTo(0.004 + 0.01);
    book.tell(event(22, 'OrderPaid', 'b'));
    book.tell(event(22, 'OrderFailed', 'b'));
    expect(account(book, 'orders')).toMatchObject({ started: 2, completed: 2, failed: 0, open: 0 });
  });

  it('begins another one under an id that is used again, and none for a late copy of the beginning', () => {
    const book = following();
    book.tell(event(0, 'OrderStarted', 'a'));
    book.tell(event(10, 'OrderCompleted', 'a'));
    book.tell(event(30, 'OrderStarted', 'a', { lagMs: 30 }));
    expect(account(book, 'orders')).toMatchObject({ started: 1, open: 0 });
    book.tell(event(40, 'OrderStarted', 'a', { lagMs: 5 }));
    expect(account(book, 'orders')).toMatchObject({ started: 2, open: 1 });
    // Without a time in the event, it is its distance to the end that tells.
    const timeless = following();
    for (const [atMs, type] of [
      [0, 'OrderStarted'],
      [10, 'OrderCompleted'],
      [4000, 'OrderStarted'],
    ] as const)
      timeless.tell({ atMs, type, fields: { correlation: 'a' } });
    expect(account(timeless, 'orders')).toMatchObject({ started: 1, open: 0 });
    timeless.tell({ atMs: 6000, type: 'OrderStarted', fields: { correlation: 'a' } });
    expect(account(timeless, 'orders')).toMatchObject({ started: 2, open: 1 });
  });

  it('says which stand still and how old the oldest is, but not while nothing can be seen', () => {
    const book = following({ 'stalled-after': '10s' });
    book.tell(event(0, 'OrderStarted', 'a'));
    book.tell(event(2000, 'OrderStarted', 'b'));
    book.tell(event(9000, 'OrderPaid', 'a'));
    book.tick(12_000);
    expect(book.figure('cim_workflow_stalled')).toBe(0);
    book.tick(13_000);
    expect(book.figure('cim_workflow_stalled')).toBe(1);
    expect(book.figure('cim_workflow_oldest_open_age_seconds')).toBeCloseTo(13);
    book.tell(event(13_500, 'OrderCompleted', 'a'));
    expect(book.figure('cim_workflow_oldest_open_age_seconds')).toBeCloseTo(11.5);
    // What stood still before stands still after; what did not has as much time left as it had.
    book.tell(event(13_500, 'OrderStarted', 'c'));
    book.book.onSight(false, START_NS + 14e9);
    book.tick(39_000);
    expect(book.figure('cim_workflow_stalled')).toBe(1);
    book.book.onSight(true, START_NS + 40e9);
    expect(book.figure('cim_workflow_stalled')).toBe(1);
    book.tick(49_500);
    expect(book.figure('cim_workflow_stalled')).toBe(1);
    book.tick(49_501);
    expect(book.figure('cim_workflow_stalled')).toBe(2);
    book.tell(event(51_000, 'OrderPaid', 'b'));
    expect(book.figure('cim_workflow_stalled')).toBe(1);
  });

  it('lets the oldest give way when too many are open, and counts what still comes of them no second time', () => {
    const book = following({ 'max-open': 3 });
    for (let i = 0; i < 5; i++) book.tell(event(i, 'OrderStarted', `id-${i}`));
    expect(account(book, 'orders')).toEqual({ started: 5, completed: 0, failed: 0, forgotten: 2, open: 3 });
    book.tell(event(6, 'OrderPaid', 'id-0'));
    book.tell(event(7, 'OrderCompleted', 'id-1'));
    book.tell(event(8, 'OrderCompleted', 'id-2'));
    expect(account(book, 'orders')).toEqual({ started: 5, completed: 1, failed: 0, forgotten: 2, open: 2 });
  });

  it('tells the same ids of two loads apart, and bounds the labels', () => {
    const book = following({ 'max-names': 2 }, ['unknown', 'sagas', 'orders']);
    book.tell(event(0, 'WorkflowStarted', 'a', { load: 1 }));
    book.tell(event(0, 'WorkflowStarted', 'a', { load: 2 }));
    expect(book.sum('cim_workflow_open')).toBe(2);
    for (let i = 0; i < 10; i++) {
      book.tell(event(1, 'WorkflowStarted', `x${i}`, { fields: { workflow: `kind\n"${i}"` } }));
    }
    expect(book.samples('cim_workflow_open').map(({ labels, value }) => [labels.workflow, value])).toEqual([
      ['other', 9],
      ['orders', 2],
      ['kind\n"0"', 1],
    ]);
  });

  it('takes no event for a workflow that only has an id: what begins or ends one does', () => {
    const book = following({ 'stalled-after': '10s' });
    for (let i = 0; i < 30; i++) book.tell(event(i, 'UserLoggedIn', `login-${i}`));
    book.tell(event(31, 'UserLoggedIn', 'login-7'));
    book.tick(60_000);
    expect(book.sum('cim_workflow_started_total')).toBe(0);
    expect(book.sum('cim_workflow_stalled')).toBe(0);
    // One whose beginning was not seen has ended, however: that it failed is worth knowing.
    book.tell(event(61_000, 'OrderPaid', 'a'));
    book.tell(event(62_000, 'OrderFailed', 'a'));
    expect(account(book, 'orders')).toEqual({ started: 1, completed: 0, failed: 1, forgotten: 0, open: 0 });
  });

  it('takes an end whose beginning was not seen for one only if it was named, where beginnings are', () => {
    const book = following({ started: ['OrderPlaced'], completed: ['Delivered'] });
    book.tell(event(0, 'OrderPaid', 'a'));
    book.tell(event(0, 'LoginFailed', 'b'));
    book.tell(event(0, 'OrderStarted', 'c'));
    expect(book.sum('cim_workflow_started_total')).toBe(0);
    book.tell(event(1, 'OrderPaid', 'd', { fields: { last: true } }));
    book.tell(event(1, 'Delivered', 'e'));
    book.tell(event(1, 'OrderPlaced', 'f'));
    book.tell(event(2, 'OrderFailed', 'f'));
    expect(account(book, 'orders')).toEqual({ started: 3, completed: 2, failed: 1, forgotten: 0, open: 0 });
  });

  it('forgets what was silent for too long, but not for a time in which nothing could be seen', () => {
    const book = following({ 'forget-after': '1h', 'stalled-after': '1m' });
    book.tell(event(0, 'OrderStarted', 'a'));
    book.tell(event(0, 'OrderStarted', 'b'));
    book.book.onSight(false, START_NS + 1000e9);
    book.book.onSight(true, START_NS + 3000e9);
    book.tell(event(3_000_000, 'OrderPaid', 'b'));
    book.tick(5_590_000);
    expect(account(book, 'orders')).toMatchObject({ open: 2, forgotten: 0 });
    book.tick(5_610_000);
    expect(account(book, 'orders')).toEqual({ started: 2, completed: 0, failed: 0, forgotten: 1, open: 1 });
    expect(book.sum('cim_workflow_stalled')).toBe(1);
    book.tell(event(5_620_000, 'OrderCompleted', 'a'));
    expect(account(book, 'orders')).toMatchObject({ started: 2, completed: 0, open: 1 });
    book.tell(event(5_630_000, 'OrderStarted', 'a'));
    expect(account(book, 'orders')).toMatchObject({ started: 3, open: 2 });
  });

  it('are not followed where the configuration says so', () => {
    const made = (section: unknown) =>
      makeWorkflowBook({
        want: () => 0,
        series: { namesOf: () => ({ domain: '', type: '' }), domainOf: () => '' },
        fields: DEFAULT_EVENT_READING.fields,
        outcomes: [],
        loads: [],
        section: () => section,
        countError: () => {},
        startNs: START_NS,
      });
    for (const word of [false, 'off']) expect(made(workflowsSectionSchema.parse(word))).toBeUndefined();
    expect(made(undefined)).toBeDefined();
  });

  it('keeps open ones in tens of bytes each, and as many as it may', () => {
    const book = following({ 'max-open': '10k' });
    for (let i = 0; i < 12_000; i++) book.tell(event(i / 1000, 'OrderStarted', `order-${i}`));
    expect(book.sum('cim_workflow_open')).toBe(10_000);
    const { bytes } = book.book;
    expect(bytes / 10_000).toBeLessThan(120);
    for (let i = 0; i < 20_000; i++) book.tell(event(20 + i / 1000, 'OrderStarted', `again-${i}`));
    expect(book.sum('cim_workflow_forgotten_total')).toBe(22_000);
    expect(book.book.bytes).toBeLessThanOrEqual(2 * bytes);
  });

  it('agrees with a slow account of any sequence of events', () => {
    const step = fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      type: fc.constantFrom(
        'OrderStarted',
        'OrderPaid',
        'OrderStepCompleted',
        'OrderCompleted',
        'OrderFailed',
      ),
      afterMs: fc.integer({ min: 0, max: 4000 }),
      lagMs: fc.option(fc.integer({ min: 0, max: 3000 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 5 }), (steps, maxOpen) => {
        const book = following({ 'max-open': maxOpen, 'stalled-after': '5s' });
        const slow = new SlowAccount(maxOpen);
        let atMs = 0;
        for (const { id, type, afterMs, lagMs } of steps) {
          atMs += afterMs;
          const told = { atMs, type, fields: { correlation: id }, ...(lagMs !== undefined && { lagMs }) };
          book.tell(told);
          slow.tell(id, type, atMs, lagMs);
        }
        expect({
          started: book.sum('cim_workflow_started_total'),
          completed: book.sum('cim_workflow_completed_total'),
          failed: book.sum('cim_workflow_failed_total'),
          forgotten: book.sum('cim_workflow_forgotten_total'),
          open: book.sum('cim_workflow_open'),
          stalled: book.sum('cim_workflow_stalled'),
          durations: book.sum('cim_workflow_duration_seconds', '_count'),
        }).toEqual(slow.account(atMs));
        expect(book.sum('cim_workflow_duration_seconds', '_sum')).toBeCloseTo(slow.durationMs / 1000);
      }),
      { seed: 71, numRuns: 150 },
    );
  });
});

interface SlowWorkflow {
  id: string;
  state: 'open' | 'ended' | 'forgotten';
  beginMs: number | undefined;
  begun: boolean;
  newsMs: number;
}

/** The same rules over plain lists: the open ones and the remembered ones, each in the order in which they came there. */
class SlowAccount {
  readonly #maxOpen: number;
  #open: SlowWorkflow[] = [];
  #past: SlowWorkflow[] = [];
  #started = 0;
  #completed = 0;
  #failed = 0;
  #forgotten = 0;
  #durations = 0;
  durationMs = 0;

  constructor(maxOpen: number) {
    this.#maxOpen = maxOpen;
  }

  tell(id: string, type: string, atMs: number, lagMs: number | undefined): void {
    const happenedMs = atMs - (lagMs ?? 0);
    const begins = type === 'OrderStarted';
    const past = this.#past.find((each) => each.id === id);
    let workflow = this.#open.find((each) => each.id === id);
    if (workflow === undefined && past !== undefined) {
      if (!begins) return;
      const anew = lagMs === undefined ? atMs > past.newsMs + 5000 : happenedMs > past.newsMs;
      if (!anew) {
        if (past.state === 'ended' && past.beginMs === undefined) {
          past.beginMs = happenedMs;
          this.#duration(happenedMs, past.newsMs);
        }
        return;
      }
      this.#past = this.#past.filter((each) => each !== past);
    }
    const isFirst = workflow === undefined;
    const isEnd = type === 'OrderCompleted' || type === 'OrderFailed';
    if (isFirst && !begins && !isEnd) return;
    if (workflow === undefined) {
      workflow = { id, state: 'open', beginMs: happenedMs, begun: false, newsMs: atMs };
      this.#started++;
      this.#open.push(workflow);
      if (this.#open.length > this.#maxOpen) {
        const oldest = this.#open.shift()!;
        this.#forgotten++;
        this.#remember(oldest, 'forgotten', atMs);
      }
    }
    workflow.newsMs = atMs;
    if (begins && happenedMs < workflow.beginMs!) workflow.beginMs = happenedMs;
    workflow.begun ||= begins;
    if (!isEnd) return;
    if (isFirst) workflow.beginMs = undefined;
    if (type === 'OrderFailed') this.#failed++;
    else this.#completed++;
    if (workflow.beginMs !== undefined) this.#duration(workflow.beginMs, happenedMs);
    this.#open = this.#open.filter((each) => each !== workflow);
    this.#remember(workflow, 'ended', happenedMs);
  }

  account(atMs: number) {
    return {
      started: this.#started,
      completed: this.#completed,
      failed: this.#failed,
      forgotten: this.#forgotten,
      open: this.#open.length,
      stalled: this.#open.filter(({ newsMs }) => atMs - newsMs > 5000).length,
      durations: this.#durations,
    };
  }

  #remember(workflow: SlowWorkflow, state: 'ended' | 'forgotten', atMs: number): void {
    workflow.state = state;
    workflow.newsMs = atMs;
    this.#past.push(workflow);
    if (this.#past.length > this.#maxOpen) this.#past.shift();
  }

  #duration(fromMs: number, toMs: number): void {
    this.#durations++;
    this.durationMs += Math.max(0, toMs - fromMs);
  }
}
