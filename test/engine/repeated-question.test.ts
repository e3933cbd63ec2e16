import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import { RepeatedQuestion } from '../../src/engine/repeated-question.js';

/** A question that the test answers: `answers[2]('c')` is the answer to the third time it was asked. */
function asking(withinMs: number) {
  const answers: ((answer: string) => void)[] = [];
  const told: string[] = [];
  const question = new RepeatedQuestion<string>({
    everyMs: 5,
    withinMs,
    ask: () => new Promise((resolve) => answers.push(resolve)),
    onAnswer: (answer) => told.push(answer),
  });
  const askedTimes = (times: number) =>
    waitFor(() => answers.length >= times, { timeoutMs: 30_000, everyMs: 1 });
  return { question, answers, told, askedTimes };
}

describe('a repeated question', () => {
  it('is asked anew while it is not answered, but not more than a few times at once', async () => {
    const { question, answers, told, askedTimes } = asking(60_000);
    question.start();
    await askedTimes(4);
    const isAskedOnceMore = await waitFor(() => answers.length > 4, { timeoutMs: 50 });
    expect(isAskedOnceMore).toBeUndefined();
    answers[0]?.('a');
    await askedTimes(5);
    question.stop();
    expect(told).toEqual(['a']);
  });

  it('is given up after its time, and asked again', async () => {
    const { question, askedTimes } = asking(10);
    question.start();
    expect(await askedTimes(9)).toBe(true);
    question.stop();
  });

  it('tells answers in the order in which they were asked for, and none that may be about the same moment', async () => {
    const { question, answers, told, askedTimes } = asking(60_000);
    question.start();
    await askedTimes(3);
    answers[1]?.('b');
    await waitFor(() => told.length === 1, { timeoutMs: 30_000 });
    answers[0]?.('a');
    answers[2]?.('c');
    await askedTimes(5);
    answers[4]?.('e');
    await waitFor(() => told.length === 2, { timeoutMs: 30_000 });
    question.stop();
    expect(told).toEqual(['b', 'e']);
  });
});
