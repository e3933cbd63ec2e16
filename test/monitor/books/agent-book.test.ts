import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS } from '../../../src/base/clock.js';
import { AgentBook } from '../../../src/monitor/agents/agent-book.js';
import { monitoredAgentsSchema } from '../../../src/monitor/agents/agents-schema.js';
import { BookUnderTest, START_NS, type TestEvent } from './book-under-test.js';

type Settings = Parameters<typeof monitoredAgentsSchema.parse>[0];

const following = (settings: Settings = {}, loads?: readonly string[]) =>
  new BookUnderTest((scene) => new AgentBook(monitoredAgentsSchema.parse(settings), scene), loads);

type Following = ReturnType<typeof following>;

const heartbeat = (atMs: number, agent: string, more: Partial<TestEvent> = {}): TestEvent => ({
  atMs,
  lagMs: 0,
  domain: 'fleet',
  type: 'Heartbeat',
  ...more,
  fields: { agent, ...more.fields },
});

const crowd = (book: Following, group: string) => ({
  known: book.figure('cim_agent_known', { group }),
  alive: book.figure('cim_agent_alive', { group }),
  missing: book.figure('cim_agent_missing', { group }),
});

const command = (atMs: number, fields: Record<string, unknown>): TestEvent => ({
  atMs,
  lagMs: 0,
  domain: 'fleet',
  type: 'MoveCommand',
  fields,
});

const result = (atMs: number, fields: Record<string, unknown>): TestEvent => ({
  ...command(atMs, fields),
  type: 'MoveResult',
});

describe('following agents', () => {
  it('knows who is alive by the rhythm that it was told, and by any event of an agent', () => {
    const book = following({ 'heartbeat-every': '10s', 'missed-after': 3 });
    for (const agent of ['a', 'b', 'c']) book.tell(heartbeat(0, agent));
    book.tell({ ...heartbeat(20_000, 'b'), type: 'Moved', domain: 'warehouse' });
    book.tick(30_000);
    expect(crowd(book, 'fleet')).toEqual({ known: 3, alive: 3, missing: 0 });
    book.tick(30_001);
    expect(crowd(book, 'fleet')).toEqual({ known: 3, alive: 1, missing: 2 });
    book.tell(heartbeat(40_000, 'a'));
    expect(crowd(book, 'fleet')).toEqual({ known: 3, alive: 2, missing: 1 });
    expect(book.figure('cim_agent_heartbeats_total', { group: 'fleet' })).toBe(4);
  });

  it('counts each heartbeat that did not come once, whether it looks or the next one comes', () => {
    for (const looks of [[], [16_000, 31_000], [14_999, 15_000, 25_001, 39_999]]) {
      const book = following({ 'heartbeat-every': '10s' });
      book.tell(heartbeat(0, 'a'));
      for (const atMs of looks) book.tick(atMs);
      // Those of 10, 20 and 30 s are missing; this one is a little early.
      book.tell(heartbeat(39_800, 'a'));
      expect(book.sum('cim_agent_heartbeats_missed_total')).toBe(3);
      book.tell(heartbeat(50_000, 'a'));
      expect(book.sum('cim_agent_heartbeats_missed_total')).toBe(3);
    }
  });

  it('does not count a heartbeat again that was taken for missed and came late', () => {
    const book = following({ 'heartbeat-every': '10s' });
    book.tell(heartbeat(0, 'a'));
    book.tick(26_000);
    expect(book.sum('cim_agent_heartbeats_missed_total')).toBe(2);
    // Both were on their way for long, and come with what they are about.
    book.tell(heartbeat(26_100, 'a', { lagMs: 16_100 }));
    book.tell(heartbeat(26_100, 'a', { lagMs: 6100 }));
    book.tick(27_000);
    book.tell(heartbeat(30_000, 'a'));
    book.tick(31_000);
    expect(book.sum('cim_agent_heartbeats_missed_total')).toBe(2);
  });

  it('learns the rhythm of each agent from its own heartbeats', () => {
    const book = following();
    for (let i = 0; i <= 20; i++) {
      book.tell(heartbeat(i * 2000, 'quick'));
      if (i % 5 === 0) book.tell(heartbeat(i * 2000, 'slow'));
    }
    book.tick(47_000);
    expect(crowd(book, 'fleet')).toEqual({ known: 2, alive: 1, missing: 1 });
    book.tick(71_000);
    expect(crowd(book, 'fleet')).toEqual({ known: 2, alive: 0, missing: 2 });
    // quick: 2 s and 35 beats since; slow: 10 s, and 40 s silent.
    expect(book.sum('cim_agent_heartbeats_missed_total')).toBe(15 + 2);
  });

  it('is not led astray by a first beat that came early, by copies, or by an outage', () => {
    const book = following();
    let atMs = 0;
    book.tell(heartbeat(atMs, 'a'));
    book.tell(heartbeat(1000, 'a'));
    for (let i = 1; i <= 10; i++) {
      atMs = 1000 + i * 10_000;
      book.tell(heartbeat(atMs, 'a', i > 3 ? {} : { lagMs: 0 }));
      book.tell(heartbeat(atMs + 20, 'a'));
    }
    book.tell(heartbeat(atMs + 600_000, 'a'));
    book.tell(heartbeat(atMs + 610_000, 'a'));
    const missed = book.sum('cim_agent_heartbeats_missed_total');
    expect(missed).toBeGreaterThanOrEqual(55);
    expect(missed).toBeLessThanOrEqual(62);
    book.tick(atMs + 637_000);
    expect(crowd(book, 'fleet').alive).toBe(1);
    book.tick(atMs + 650_000);
    expect(crowd(book, 'fleet').alive).toBe(0);
  });

  it('holds no silence against anybody while nothing could be seen', () => {
    const book = following({ 'heartbeat-every': '1s' });
    book.tell(heartbeat(0, 'a'));
    book.book.onSight(false, START_NS + 500 * NS.ms);
    book.tick(60_000);
    book.book.onSight(true, START_NS + 60_000 * NS.ms);
    book.tick(61_000);
    expect(crowd(book, 'fleet')).toEqual({ known: 1, alive: 1, missing: 0 });
    book.tell(heartbeat(61_100, 'a'));
    expect(book.sum('cim_agent_heartbeats_missed_total')).toBe(0);
    book.tick(64_200);
    expect(crowd(book, 'fleet').missing).toBe(1);
  });

  it('finds who is missing though it is blind for a moment again and again', () => {
    const book = following({ 'silent-after': '1m' });
    book.tell({ ...heartbeat(0, 'a'), type: 'Moved' });
    for (let atMs = 20_000; atMs < 60_000; atMs += 20_000) {
      book.book.onSight(false, START_NS + atMs * NS.ms);
      book.book.onSight(true, START_NS + (atMs + 100) * NS.ms);
    }
    book.tick(60_200);
    expect(crowd(book, 'fleet')).toMatchObject({ alive: 1 });
    book.tick(60_201);
    expect(crowd(book, 'fleet')).toMatchObject({ alive: 0 });
  });

  it('gives agents that send no heartbeats their time, and lets go who leaves or is silent for too long', () => {
    const book = following({ 'silent-after': '1m', 'forget-after': '1h' });
    book.tell({ ...heartbeat(0, 'a'), type: 'Moved' });
    book.tell({ ...heartbeat(0, 'b'), type: 'Moved' });
    book.tick(59_000);
    expect(crowd(book, 'fleet')).toMatchObject({ alive: 2 });
    book.tell({ ...heartbeat(60_000, 'b'), type: 'AgentRetired' });
    book.tick(61_000);
    expect(crowd(book, 'fleet')).toEqual({ known: 1, alive: 0, missing: 1 });
    book.tick(3_700_000);
    expect(crowd(book, 'fleet')).toEqual({ known: 0, alive: 0, missing: 0 });
    expect(book.figure('cim_agent_forgotten_total', { group: 'fleet' })).toBe(1);
  });

  it('groups them by a field, by the load, and by where their heartbeats are', () => {
    const book = following({}, ['unknown', 'machines']);
    book.tell(heartbeat(0, 'a', { fields: { group: 'north' } }));
    book.tell({ ...heartbeat(1, 'a'), type: 'Moved' });
    book.tell(heartbeat(2, 'a', { load: 1 }));
    book.tell({ ...heartbeat(3, 'b'), type: 'Moved', domain: 'warehouse' });
    book.tell(heartbeat(4, 'b'));
    expect(crowd(book, 'north')).toMatchObject({ known: 1 });
    expect(crowd(book, 'machines')).toMatchObject({ known: 1 });
    expect(crowd(book, 'fleet')).toMatchObject({ known: 1 });
    expect(book.figure('cim_agent_known', { group: 'warehouse' }) ?? 0).toBe(0);
    book.tell(heartbeat(5, 'a', { fields: { group: 'south' } }));
    expect([crowd(book, 'north').known, crowd(book, 'south').known]).toEqual([0, 1]);
  });

  it('measures from a command to its result, each once, by the command’s name', () => {
    const book = following();
    book.tell(command(0, { agent: 'a', commandId: '1' }));
    book.tell(command(1, { agent: 'a', commandId: '2' }));
    book.tell(command(2, { agent: 'a', commandId: '1' }));
    book.tell(result(40, { agent: 'a', commandId: '1', outcome: 'success' }));
    book.tell(result(41, { agent: 'a', commandId: '1', outcome: 'success' }));
    book.tell(result(90, { commandId: '2', outcome: 'failed' }));
    // The result came by a shorter way than its command.
    book.tell(result(100, { agent: 'b', commandId: '3' }));
    book.tell(command(101, { agent: 'b', commandId: '3' }));
    const group = 'fleet';
    expect(book.figure('cim_agent_commands_total', { group })).toBe(3);
    expect(book.figure('cim_agent_commands_open', { group })).toBe(0);
    expect(book.figure('cim_agent_results_total', { group, outcome: 'success' })).toBe(1);
    expect(book.figure('cim_agent_results_total', { group, outcome: 'failure' })).toBe(1);
    expect(book.figure('cim_agent_results_total', { group, outcome: 'unstated' })).toBe(1);
    expect(book.figure('cim_agent_command_latency_seconds', { group }, '_sum')).toBeCloseTo(0.04 + 0.089);
    expect(book.figure('cim_agent_command_latency_seconds', { group, le: '0.05' }, '_bucket')).toBe(2);
    // Who is told something has not said anything.
    expect(crowd(book, 'fleet')).toMatchObject({ known: 2 });
  });

  it('follows the letters of stormglass’s own agents by load and token', () => {
    const book = following();
    const letter = (atMs: number, type: string, agent: string, from: string, token: string): TestEvent => ({
      ...{ atMs, lagMs: 0, domain: 'agents', type, tail: `.machines.00002.${agent}` },
      fields: { agent, from, token },
    });
    book.tell(letter(0, 'Command', '0000017', '0000000', '0001AAAAA'));
    book.tell(letter(0, 'Command', '0000018', '0000000', '0001AAAAA'));
    book.tell(letter(30, 'Result', '0000017', '0000017', '0001AAAAA'));
    expect(book.figure('cim_agent_commands_total', { group: 'machines' })).toBe(2);
    expect(book.figure('cim_agent_commands_open', { group: 'machines' })).toBe(1);
    expect(book.figure('cim_agent_command_latency_seconds', { group: 'machines' }, '_count')).toBe(1);
    // Of a question, the agent is the one that is asked; the one that speaks is `from`.
    book.tell(letter(40, 'Question', '0000050', '0000051', '0002AAAAA'));
    book.tell(letter(50, 'Answer', '0000051', '0000050', '0002AAAAA'));
    expect(crowd(book, 'machines')).toMatchObject({ known: 3 });
  });

  it('measures one command at a time to an agent whose commands have no names', () => {
    const book = following();
    book.tell(command(0, { agent: 'a' }));
    book.tell(command(10, { agent: 'a' }));
    book.tell(result(30, { agent: 'a' }));
    book.tell(result(50, { agent: 'a' }));
    book.tell(command(60, { agent: 'a' }));
    expect(book.sum('cim_agent_commands_total')).toBe(3);
    expect(book.sum('cim_agent_results_total')).toBe(2);
    expect(book.figure('cim_agent_command_latency_seconds', {}, '_sum')).toBeCloseTo(0.03);
    expect(book.sum('cim_agent_commands_open')).toBe(1);
  });

  it('waits for a result only so long, and counts one that comes after all', () => {
    const book = following({ 'command-timeout': '10s', 'max-commands': 2 });
    for (const id of ['1', '2', '3']) book.tell(command(Number(id), { agent: 'a', commandId: id }));
    expect(book.sum('cim_agent_commands_forgotten_total')).toBe(1);
    book.tell(result(5, { commandId: '2' }));
    book.tick(10_004);
    expect(book.sum('cim_agent_commands_open')).toBe(0);
    expect(book.sum('cim_agent_commands_forgotten_total')).toBe(2);
    book.tell(result(11_000, { commandId: '3' }));
    book.tell(result(11_000, { commandId: '3' }));
    expect(book.sum('cim_agent_results_total')).toBe(2);
  });

  it('keeps 100,000 agents in tens of bytes each', () => {
    const book = following({ 'max-agents': '100k' });
    for (let i = 0; i < 100_000; i++) book.tell(heartbeat(i / 100, `agent-${i}`));
    expect(crowd(book, 'fleet').known).toBe(100_000);
    expect(book.book.bytes.agents / 100_000).toBeLessThan(80);
    for (let i = 0; i < 1000; i++) book.tell(heartbeat(2000, `other-${i}`));
    expect(crowd(book, 'fleet').known).toBe(100_000);
    expect(book.sum('cim_agent_forgotten_total')).toBe(1000);
  });

  it('agrees with a slow account of any commands and results', () => {
    const step = fc.record({
      id: fc.integer({ min: 0, max: 5 }),
      isCommand: fc.boolean(),
      afterMs: fc.integer({ min: 0, max: 900 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const book = following();
        let atMs = 0;
        const commandAt = new Map<number, number>();
        const resultAt = new Map<number, number>();
        for (const { id, isCommand, afterMs } of steps) {
          atMs += afterMs;
          const fields = { agent: 'a', commandId: `c${id}` };
          // A copy is what it is a copy of: it happened when that did.
          const times = isCommand ? commandAt : resultAt;
          const happenedMs = times.get(id) ?? atMs;
          times.set(id, happenedMs);
          const lagMs = atMs - happenedMs;
          book.tell({ ...(isCommand ? command(atMs, fields) : result(atMs, fields)), lagMs });
        }
        const answered = [...commandAt.keys()].filter((id) => resultAt.has(id));
        expect(book.sum('cim_agent_commands_total')).toBe(commandAt.size);
        expect(book.sum('cim_agent_results_total')).toBe(resultAt.size);
        expect(book.sum('cim_agent_commands_open')).toBe(commandAt.size - answered.length);
        expect(book.sum('cim_agent_command_latency_seconds', '_count')).toBe(answered.length);
        const latencyMs = answered.map((id) => Math.max(0, resultAt.get(id)! - commandAt.get(id)!));
        expect(book.sum('cim_agent_command_latency_seconds', '_sum')).toBeCloseTo(
          latencyMs.reduce((sum, each) => sum + each, 0) / 1000,
        );
      }),
      { seed: 72, numRuns: 150 },
    );
  });

  it('agrees with a slow account of who is alive and what was missed, whenever it looks', () => {
    const EVERY_MS = 1000;
    const step = fc.record({
      agent: fc.constantFrom('a', 'b', 'c'),
      what: fc.constantFrom('beat', 'beat', 'other', 'look'),
      afterMs: fc.integer({ min: 1, max: 1700 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const book = following({ 'heartbeat-every': '1s', 'missed-after': 2 });
        const heard = new Map<string, number>();
        const beats = new Map<string, number[]>();
        let atMs = 0;
        for (const { agent, what, afterMs } of steps) {
          atMs += afterMs;
          if (what === 'look') {
            book.tick(atMs);
            continue;
          }
          book.tell({ ...heartbeat(atMs, agent), ...(what === 'other' && { type: 'Moved' }) });
          heard.set(agent, atMs);
          if (what === 'beat') beats.set(agent, [...(beats.get(agent) ?? []), atMs]);
        }
        book.tick(atMs);
        const alive = [...heard.values()].filter((lastMs) => atMs - lastMs <= 2 * EVERY_MS);
        expect(book.sum('cim_agent_known')).toBe(heard.size);
        expect(book.sum('cim_agent_alive')).toBe(alive.length);
        const missed = [...beats.values()].flatMap((times) =>
          [...times, atMs].map((time, i) => {
            const sinceMs = time - (times[i - 1] ?? time);
            return Math.max(0, Math.floor(sinceMs / EVERY_MS - 0.5));
          }),
        );
        expect(book.sum('cim_agent_heartbeats_missed_total')).toBe(
          missed.reduce((sum, each) => sum + each, 0),
        );
      }),
      { seed: 73, numRuns: 150 },
    );
  });
});
