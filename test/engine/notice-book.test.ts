import { describe, expect, it } from 'vitest';
import type { LoadNotice } from '../../src/contracts/load.js';
import { noticeFindings } from '../../src/engine/findings.js';
import { NoticeBook } from '../../src/engine/notice-book.js';

const notice = (more: Partial<LoadNotice> = {}): LoadNotice => ({
  load: 'orders',
  worker: 0,
  kind: 'disconnected',
  text: 'read ECONNRESET',
  atNs: 1,
  count: 1,
  ...more,
});

describe('what connections met', () => {
  it('is counted by load, worker, kind and text, and is news once a load, kind and text', () => {
    const book = new NoticeBook();
    expect(book.add(notice())).toBe(true);
    expect(book.add(notice({ count: 2 }))).toBe(false);
    expect(book.add(notice({ worker: 1 }))).toBe(false);
    expect(book.add(notice({ text: 'another' }))).toBe(true);
    expect(book.add(notice({ load: 'fleet' }))).toBe(true);
    expect(book.all.map(({ load, worker, text, count }) => [load, worker, text, count])).toEqual([
      ['orders', 0, 'read ECONNRESET', 3],
      ['orders', 1, 'read ECONNRESET', 1],
      ['orders', 0, 'another', 1],
      ['fleet', 0, 'read ECONNRESET', 1],
    ]);
  });

  it('is bounded whatever servers invent, and loses no count', () => {
    const book = new NoticeBook();
    for (let i = 0; i < 5000; i++) book.add(notice({ text: `text ${i}` }));
    book.add(notice({ text: 'text 7' }));
    expect(book.all.length).toBeLessThanOrEqual(201);
    expect(book.all.reduce((sum, { count }) => sum + count, 0)).toBe(5001);
    expect(book.all.find(({ text }) => text === 'text 7')?.count).toBe(2);
  });

  it('fails the run of a load that was refused, with the first text and what to do', () => {
    const text = 'Permissions Violation for Publish to "orders.secret"';
    const refused = notice({ kind: 'permission-violation', text, count: 40 });
    expect(noticeFindings([refused, { ...refused, worker: 1, count: 2 }, notice()])).toEqual([
      {
        exit: 'expectation',
        text: `load orders: the servers refused it 42 times for lack of permission, first: ${text}`,
        hint: expect.stringContaining('permission'),
      },
    ]);
  });

  it('leaves a run inconclusive that lacked open files', () => {
    expect(noticeFindings([notice({ text: 'connect EMFILE 127.0.0.1:4222' })])).toMatchObject([
      { exit: 'inconclusive', hint: expect.stringContaining('ulimit -n') },
    ]);
    expect(noticeFindings([notice()])).toEqual([]);
  });
});
