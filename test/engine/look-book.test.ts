import { describe, expect, it } from 'vitest';
import { LookBook } from '../../src/engine/look-book.js';

const MOST = 16;
/** Looks at a number: it turns when it falls. */
const book = () => new LookBook<number>((before, after) => after < before, MOST);

describe('what was seen of one thing over a long time', () => {
  it('is kept whole while there is room', () => {
    const looks = book();
    for (let i = 0; i < MOST; i++) looks.add(i);
    expect(looks.looks).toEqual(Array.from({ length: MOST }, (_, i) => i));
  });

  it('is thinned out in between, never at its ends, and never grows beyond its bound', () => {
    const looks = book();
    let longest = 0;
    for (let i = 0; i < 10_000; i++) {
      looks.add(i);
      longest = Math.max(longest, looks.looks.length);
    }
    expect(longest).toBe(MOST);
    expect(looks.looks[0]).toBe(0);
    expect(looks.last).toBe(9999);
    expect(looks.looks.length).toBeGreaterThan(MOST / 2 - 1);
    expect([...looks.looks].sort((a, b) => a - b)).toEqual(looks.looks);
  });

  it('keeps both sides of each fall, however long ago it was', () => {
    const looks = book();
    for (let i = 0; i < 500; i++) looks.add(i);
    looks.add(7);
    for (let i = 8; i < 5000; i++) looks.add(i);
    const at = looks.looks.indexOf(499);
    expect(looks.looks[at + 1]).toBe(7);
  });

  it('keeps what is true last when it falls all the time', () => {
    const looks = book();
    for (let i = 1000; i >= 0; i--) {
      looks.add(i);
    }
    expect(looks.looks).toHaveLength(MOST);
    expect(looks.looks[0]).toBe(1000);
    expect(looks.last).toBe(0);
  });
});
