import { describe, expect, it } from 'vitest';
import { PreflightError, UsageError } from '../../src/base/errors.js';
import { describeFailure, restoreFailure } from '../../src/base/thread-failure.js';

const across = (thrown: unknown) => restoreFailure('the monitor', structuredClone(describeFailure(thrown)));

describe('a failure that crosses threads', () => {
  it('keeps its kind, message, hint and stack', () => {
    const busy = new PreflightError('127.0.0.1:9091 is in use', { hint: 'choose another' });
    const restored = across(busy);
    expect(restored).toBeInstanceOf(PreflightError);
    expect(restored).toMatchObject({ exit: 'preflight', message: busy.message, hint: 'choose another' });
    expect(restored.stack).toBe(busy.stack);
    expect(across(new UsageError('no subject'))).toBeInstanceOf(UsageError);
  });

  it('says whose it was when it is nobody else’s to explain', () => {
    expect(across(new TypeError('x is undefined')).message).toBe('the monitor: x is undefined');
    expect(across('thrown as text').message).toBe('the monitor: thrown as text');
  });
});
