import { describe, expect, it } from 'vitest';
import { NS, nowNs } from '../../../src/base/clock.js';
import type { OwnEvent } from '../../../src/contracts/own-event.js';
import { EventCounter } from '../../../src/monitor/event-counter.js';
import { localMessages } from '../../../src/monitor/local-message.js';
import { RunBook } from '../../../src/monitor/run/run-book.js';
import { OwnEventPublisher } from '../../../src/nats/own-events.js';
import { ownSubject } from '../../../src/nats/own-subject.js';

const PLAN = { port: 0, subject: 'cim.events.>', domainToken: 2, typeToken: 3 };

/** A monitor's counter that is told what runs say, as it would hear it. */
function monitor() {
  const counter = new EventCounter({ plan: PLAN, writers: [] });
  const book = counter.books.find((each) => each instanceof RunBook) as RunBook;
  const { publish } = listener(counter);
  const page = () =>
    [...book.families()].flatMap(({ name, samples }) =>
      [...samples].map(({ labels, value }) => {
        const told = Object.entries(labels).map(([label, text]) => `${label}=${text}`);
        return `${name}{${told.join(',')}} ${value}`;
      }),
    );
  return { book, page, publish };
}

function listener(counter: EventCounter) {
  const events = new OwnEventPublisher({
    subjectOf: ({ domain, type }) => ownSubject(PLAN, domain, type),
    send: () => true,
    onEvent: localMessages((view) => counter.onOwnMessage(view)),
  });
  return {
    publish: (type: string, fields: OwnEvent['fields'], domain: OwnEvent['domain'] = 'stormglass') =>
      events.publish({ domain, type, fields: { run: 'r1', ...fields } }),
  };
}

const fault = { fault: 'f1', kind: 'node-kill', targets: 'n2' };

describe('what a monitor shows of runs', () => {
  it('is the phase in which each is, and no other', () => {
    const { publish, page } = monitor();
    publish('RunStarted', { scenario: 'smoke' });
    expect(page()).toEqual([]);
    publish('PhaseBegan', { phase: 'preflight' });
    publish('PhaseBegan', { phase: 'load' });
    publish('PhaseBegan', { run: 'r2', phase: 'heal' });
    expect(page()).toEqual([
      'cim_stormglass_phase{run=r1,phase=load} 1',
      'cim_stormglass_phase{run=r2,phase=heal} 1',
    ]);
  });

  it('is which faults hold, and 0 for those that were healed', () => {
    const { publish, page } = monitor();
    const active = (value: number) =>
      `cim_stormglass_fault_active{run=r1,fault=f1,kind=node-kill,target=n2} ${value}`;
    publish('FaultInjected', fault);
    expect(page()).toEqual([active(1)]);
    publish('FaultReverted', { ...fault, holds: false });
    expect(page()).toEqual([active(1)]);
    publish('FaultReverted', { ...fault, holds: true });
    expect(page()).toEqual([active(0)]);
    publish('FaultsCounted', { kind: 'node-kill', status: 'reverted', count: 3 });
    expect(page()).toEqual([
      active(0),
      'cim_stormglass_faults_total{run=r1,kind=node-kill,status=reverted} 3',
    ]);
  });

  it('is what each load has done so far, right again with the next event after some were missed', () => {
    const { publish, page } = monitor();
    const sums = {
      due_total: 100,
      ok_total: 90,
      failed_total: 4,
      unknown_total: 3,
      dropped_total: 2,
      unsent_total: 1,
    };
    publish('LoadMeasured', { load: 'orders', ...sums, due_total: 10, ok_total: 9 });
    publish('LoadMeasured', { load: 'orders', ...sums });
    const shown = [
      'cim_stormglass_operations_total{run=r1,load=orders,outcome=ok} 90',
      'cim_stormglass_operations_total{run=r1,load=orders,outcome=failed} 4',
      'cim_stormglass_operations_total{run=r1,load=orders,outcome=unknown} 3',
      'cim_stormglass_operations_total{run=r1,load=orders,outcome=dropped} 2',
      'cim_stormglass_operations_total{run=r1,load=orders,outcome=unsent} 1',
      'cim_stormglass_due_total{run=r1,load=orders} 100',
    ];
    expect(page()).toEqual(shown);
    // One that waited for a server and comes late.
    publish('LoadMeasured', { load: 'orders', ...sums, due_total: 50, ok_total: 45 });
    expect(page()).toEqual(shown);
  });

  it('goes back for nothing that comes late or again, not even after the run has ended', () => {
    const { publish, page, book } = monitor();
    const begunMs = Date.now() - 60_000;
    const at = (seconds: number) => ({ time: new Date(begunMs + 1000 * seconds).toISOString() });
    publish('PhaseBegan', { phase: 'load', ...at(2) });
    publish('PhaseBegan', { phase: 'preflight', ...at(1) });
    publish('FaultInjected', { ...fault, ...at(3) });
    publish('FaultReverted', { ...fault, holds: true, ...at(5) });
    publish('FaultHolds', { ...fault, ...at(4) });
    publish('LatencyMeasured', { load: 'l', measure: 'lag', p50: 2, ...at(7) });
    publish('LatencyMeasured', { load: 'l', measure: 'lag', p50: 1, ...at(6) });
    publish('LoadMeasured', { load: 'l', due_total: 100, ok_total: 100, ...at(8) });
    const shown = [
      'cim_stormglass_phase{run=r1,phase=load} 1',
      'cim_stormglass_fault_active{run=r1,fault=f1,kind=node-kill,target=n2} 0',
      'cim_stormglass_latency_seconds{run=r1,load=l,measure=lag,quantile=0.5} 2',
      'cim_stormglass_due_total{run=r1,load=l} 100',
    ];
    expect(page()).toEqual(expect.arrayContaining(shown));
    // Silent for so long that it is shown no longer; then its old words arrive.
    book.tick(nowNs() + 61 * NS.s);
    expect(page()).toEqual([]);
    publish('LoadMeasured', { load: 'l', due_total: 90, ok_total: 90, ...at(7) });
    expect(page()).toContain('cim_stormglass_due_total{run=r1,load=l} 100');
    publish('RunEnded', { exit: 'ok', code: 0 });
    publish('LoadMeasured', { load: 'l', due_total: 90, ok_total: 90, ...at(7) });
    publish('RunProgressed', { phase: 'load', ...at(7) });
    expect(page()).toEqual([]);
  });

  it('is the latency of the last second, until there is none any more', () => {
    const { publish, page, book } = monitor();
    publish('LatencyMeasured', { load: 'orders', measure: 'ack_latency', p50: 0.001, p99: 0.02, max: 1.5 });
    const shown = (quantile: string, value: number) =>
      `cim_stormglass_latency_seconds{run=r1,load=orders,measure=ack_latency,quantile=${quantile}} ${value}`;
    expect(page().sort()).toEqual([shown('0.5', 0.001), shown('0.99', 0.02), shown('1', 1.5)]);
    book.tick(nowNs() + 11 * NS.s);
    expect(page()).toEqual([]);
  });

  it('goes away with the run: when it says that it ends, and when it is not heard of any more', () => {
    const { publish, page, book } = monitor();
    publish('PhaseBegan', { phase: 'load' });
    publish('PhaseBegan', { run: 'r2', phase: 'load' });
    publish('RunEnded', { exit: 'ok', code: 0 });
    expect(page()).toEqual(['cim_stormglass_phase{run=r2,phase=load} 1']);
    book.tick(nowNs() + 30 * NS.s);
    expect(page()).toHaveLength(1);
    book.tick(nowNs() + 61 * NS.s);
    expect(page()).toEqual([]);
  });

  it('ends a fault whose end was missed, but not for a silence in which nobody could be heard', () => {
    const { publish, page, book } = monitor();
    publish('FaultInjected', fault);
    const start = nowNs();
    book.onSight(false, start + NS.s);
    book.tick(start + 100 * NS.s);
    book.onSight(true, start + 100 * NS.s);
    book.tick(start + 105 * NS.s);
    expect(page()).toEqual([expect.stringMatching(/ 1$/)]);
    book.tick(start + 117 * NS.s);
    expect(page()).toEqual([expect.stringMatching(/ 0$/)]);
  });

  it('is bounded, whoever claims to be a run, and takes nothing from what is none of ours', () => {
    const { publish, page } = monitor();
    for (let i = 0; i < 100; i++) publish('PhaseBegan', { run: `r${i}`, phase: 'load' });
    expect(page()).toHaveLength(20);
    expect(page()).toContain('cim_stormglass_phase{run=r99,phase=load} 1');

    const many = monitor();
    for (let kind = 0; kind < 30; kind++) {
      for (let i = 0; i < 30; i++) {
        many.publish('FaultsCounted', { kind: `k${kind}`, status: `s${i}`, count: 1 });
        many.publish('LatencyMeasured', { load: `l${kind}`, measure: `m${i}`, p50: 1 });
      }
    }
    expect(many.page()).toHaveLength(500 + 500);

    const long = monitor();
    for (let i = 0; i < 600; i++) {
      long.publish('FaultInjected', { ...fault, fault: `f${i}` });
      if (i > 1 && i < 599) long.publish('FaultReverted', { ...fault, fault: `f${i}`, holds: true });
    }
    const holding = long.page().filter((line) => line.endsWith(' 1'));
    expect(holding.map((line) => /fault=(\w+)/.exec(line)?.[1])).toEqual(['f0', 'f1', 'f599']);

    const other = monitor();
    other.publish('PhaseBegan', { phase: 'load' }, 'nats');
    other.publish('PhaseBegan', { run: '', phase: 'load' });
    other.publish('PhaseBegan', { run: 7, phase: 'load' });
    other.publish('LoadMeasured', { load: 'l', ok_total: 'many', due_total: -1 });
    other.publish('FaultInjected', { fault: 3, kind: null, targets: true });
    expect(other.page().filter((line) => !line.endsWith(' 0'))).toEqual([
      'cim_stormglass_fault_active{run=r1,fault=,kind=,target=} 1',
    ]);
  });
});
