import { describe, expect, it } from 'vitest';
import { ElectionBook } from '../../../src/monitor/servers/election-book.js';

const START_MS = 1_000_000;

describe('the election book', () => {
  it('counts an election once, whichever tells of it first', () => {
    const book = new ElectionBook();
    expect(book.onAdvisory('n1', START_MS + 105)).toBe(true);
    expect(book.onPage('n1', START_MS + 100, START_MS)).toBe(false);
    expect(book.onPage('n2', START_MS + 900, START_MS)).toBe(true);
    expect(book.onAdvisory('n2', START_MS + 910)).toBe(false);
  });

  it('passes over elections from before anybody looked', () => {
    const book = new ElectionBook();
    expect(book.onPage('n1', START_MS - 5000, START_MS)).toBe(false);
  });

  it('counts a leader that was elected again, told or seen', () => {
    const book = new ElectionBook();
    expect(book.onPage('n1', START_MS - 1, START_MS)).toBe(false);
    expect(book.onPage('n1', START_MS + 1000, START_MS)).toBe(true);
    expect(book.onAdvisory('n1', START_MS + 1001)).toBe(false);
    expect(book.onAdvisory('n1', START_MS + 9000)).toBe(true);
    expect(book.onPage('n1', START_MS + 8999, START_MS)).toBe(false);
  });

  it('is not misled by a page that is older than what it knows', () => {
    const book = new ElectionBook();
    expect(book.onPage('n1', START_MS - 1, START_MS)).toBe(false);
    expect(book.onAdvisory('n2', START_MS + 500)).toBe(true);
    expect(book.onPage('n1', START_MS - 1, START_MS)).toBe(false);
    expect(book.onPage('n2', START_MS + 499, START_MS)).toBe(false);
  });

  it('knows a new leader by its name where nobody says since when, and its own word later for the same', () => {
    const book = new ElectionBook();
    expect(book.onPage('n1', undefined, START_MS)).toBe(false);
    expect(book.onPage('n2', undefined, START_MS)).toBe(true);
    expect(book.onPage('n2', START_MS + 700, START_MS)).toBe(false);
    expect(book.onAdvisory('n2', START_MS + 701)).toBe(false);
  });

  it('never compares the clocks of two servers', () => {
    const book = new ElectionBook();
    expect(book.onAdvisory('n1', START_MS + 60_000)).toBe(true);
    // The clock of n2 is a minute behind.
    expect(book.onAdvisory('n2', START_MS + 100)).toBe(true);
    expect(book.onPage('n2', START_MS + 99, START_MS - 60_000)).toBe(false);
  });

  it('keeps few of the leaders of whom anybody may tell', () => {
    const book = new ElectionBook();
    for (let i = 0; i < 1000; i++) expect(book.onAdvisory(`invented ${i}`, START_MS)).toBe(true);
    expect(book.onAdvisory('invented 999', START_MS)).toBe(false);
    // One that was forgotten is new once more.
    expect(book.onAdvisory('invented 0', START_MS)).toBe(true);
  });
});
