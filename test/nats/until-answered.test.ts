import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { untilAnswered } from '../../src/nats/until-answered.js';

const refused = (code: number, err_code: number) =>
  new JetStreamApiError({ code, err_code, description: 'made for this test' });

/** Fails with these, one a question, and answers then. */
function asked(...failures: readonly Error[]) {
  let questions = 0;
  const ask = async () => {
    const failure = failures[questions++];
    if (failure) throw failure;
    return 'an answer';
  };
  return { ask, questions: () => questions };
}

describe('what JetStream is asked', () => {
  it('is asked again while nobody answers, nobody leads or there is no room yet', async () => {
    const system = asked(new errors.TimeoutError(), refused(503, 10008), refused(400, 10005));
    expect(await untilAnswered(system.ask)).toBe('an answer');
    expect(system.questions()).toBe(4);
  });

  it('is refused at once where asking again would not help', async () => {
    const system = asked(refused(404, JetStreamApiCodes.StreamNotFound));
    await expect(untilAnswered(system.ask)).rejects.toThrow('made for this test');
    expect(system.questions()).toBe(1);
  });

  it('is not asked any more by a run that ends', async () => {
    const run = new AbortController();
    const system = asked(...Array.from({ length: 99 }, () => new errors.TimeoutError()));
    const answer = untilAnswered(async () => {
      if (system.questions() === 2) run.abort(new Error('Ctrl-C'));
      return await system.ask();
    }, run.signal);
    await expect(answer).rejects.toThrow('Ctrl-C');
    expect(system.questions()).toBe(3);
  });
});
