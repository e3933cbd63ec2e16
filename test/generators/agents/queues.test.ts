import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyMessage } from '../../../src/generators/agents/agent-message.js';
import { AgentTable } from '../../../src/generators/agents/agent-table.js';
import { readDecimal, writeDecimal } from '../../../src/generators/agents/decimal.js';
import { Letters } from '../../../src/generators/agents/letters.js';
import { WaitingRoom } from '../../../src/generators/agents/waiting-room.js';

describe('the letters of agents', () => {
  it('are worked on one at a time, in the order in which they came', () => {
    const deed = fc.oneof(
      { weight: 3, arbitrary: fc.record({ what: fc.constant('add'), agent: fc.nat({ max: 3 }) }) },
      { weight: 2, arbitrary: fc.record({ what: fc.constant('begin'), agent: fc.nat({ max: 3 }) }) },
      { weight: 2, arbitrary: fc.record({ what: fc.constant('end'), agent: fc.nat({ max: 3 }) }) },
      { weight: 1, arbitrary: fc.record({ what: fc.constant('discard'), agent: fc.nat({ max: 3 }) }) },
    );
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 200 }), (deeds) => {
        const table = new AgentTable(4, 0);
        const letters = new Letters(table, 20);
        const queues: number[][] = [[], [], [], []];
        const current: (number | undefined)[] = [];
        const open = () => queues.flat().length + current.filter((each) => each !== undefined).length;
        deeds.forEach(({ what, agent }, i) => {
          if (what === 'add') {
            expect(letters.add(agent, i, i + 1, i + 2)).toBe(open() < 20);
            if (open() < 20) queues[agent]!.push(i);
          } else if (what === 'begin') {
            const begins = current[agent] === undefined && queues[agent]!.length > 0;
            expect(letters.begin(agent)).toBe(begins);
            if (begins) current[agent] = queues[agent]!.shift();
          } else if (what === 'end' && current[agent] !== undefined) {
            letters.end(agent);
            current[agent] = undefined;
          } else if (what === 'discard') {
            letters.discard(agent);
            current[agent] = undefined;
            queues[agent] = [];
          }
          expect(letters.open).toBe(open());
          for (const [who, letter] of table.letter.entries()) {
            const expected = current[who];
            expect(letter < 0 ? undefined : letters.from[letter]).toBe(expected);
            if (expected !== undefined) {
              expect([letters.slot[letter], letters.generation[letter]]).toEqual([
                expected + 1,
                expected + 2,
              ]);
            }
          }
        });
      }),
      { seed: 4, numRuns: 100 },
    );
  });
});

describe('the waiting room', () => {
  it('keeps each line in its order, and every word of a message', () => {
    const room = new WaitingRoom();
    const lines = [
      { first: -1, last: -1 },
      { first: -1, last: -1 },
    ];
    const message = emptyMessage();
    const waiting: string[][] = [[], []];
    // More than it has room for at first, and places that are used again.
    for (let i = 0; i < 5000; i++) {
      const at = i % 3 === 0 ? 1 : 0;
      Object.assign(message, {
        form: i % 7,
        agent: i,
        to: i + 1,
        slot: i + 2,
        generation: i + 3,
        dueNs: i * 1e6 + 0.5,
        correlation: i + 4,
        number: i % 100,
        fields: i % 5 === 0 ? `"i":${i}` : '',
      });
      expect(room.add(lines[at]!, message)).toBe(true);
      waiting[at]!.push(JSON.stringify(message));
      if (i % 4 === 0) {
        room.read(lines[at]!, message);
        room.remove(lines[at]!);
        expect(JSON.stringify(message)).toBe(waiting[at]!.shift());
      }
    }
    lines.forEach((line, at) => {
      for (; line.first >= 0; room.remove(line)) {
        room.read(line, message);
        expect(JSON.stringify(message)).toBe(waiting[at]!.shift());
      }
      expect(waiting[at]).toEqual([]);
    });
    expect(room.count).toBe(0);
  });
});

describe('decimals of a fixed width', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.nat({ max: 9_999_999 }), fc.nat({ max: 5 }), (value, at) => {
        const bytes = new Uint8Array(16).fill(120);
        writeDecimal(bytes, at, 7, value);
        expect(Buffer.from(bytes).toString('latin1', at, at + 7)).toBe(String(value).padStart(7, '0'));
        expect(readDecimal(bytes, at, 7)).toBe(value);
        expect(readDecimal(bytes, at + 1, 7)).toBe(-1);
      }),
      { seed: 4 },
    );
  });
});
