import { describe, expect, it } from 'vitest';
import { plan, told, VALID } from './plugins.js';

const withTraces = (traces: string): string => `${VALID}traces: ${traces}\n`;

describe('traces', () => {
  it('are none without their section, and one event in a hundred with an empty one', () => {
    expect(plan(VALID).traces).toBeUndefined();
    expect(plan(withTraces('{}')).traces).toEqual({ sampleEvery: 100, maxSpansPerSec: 1000 });
  });

  it('go to /v1/traces unless the endpoint has a path of its own', () => {
    const endpointOf = (text: string) => plan(withTraces(`{ endpoint: '${text}' }`)).traces?.endpoint;
    expect(endpointOf('http://127.0.0.1:4318')).toBe('http://127.0.0.1:4318/v1/traces');
    expect(endpointOf('http://127.0.0.1:4318/')).toBe('http://127.0.0.1:4318/v1/traces');
    expect(endpointOf('https://tempo.example/otlp/v1/traces')).toBe('https://tempo.example/otlp/v1/traces');
  });

  it.each([
    ['every', 1],
    ['1/1', 1],
    ['1/10000', 10_000],
  ])('are sampled: %s', (sample, every) => {
    expect(plan(withTraces(`{ sample: ${sample} }`)).traces?.sampleEvery).toBe(every);
  });

  it.each([
    ['500', 500],
    ['2k/s', 2000],
    ['10/s', 10],
  ])('are bounded: %s spans a second', (written, perSec) => {
    expect(plan(withTraces(`{ max-spans: ${written} }`)).traces?.maxSpansPerSec).toBe(perSec);
  });

  it.each([
    ['{ sample: 100 }', 'traces.sample', 'expected `every`, or one in so many events'],
    ['{ sample: 1/0 }', 'traces.sample', 'expected `every`, or one in so many events'],
    ['{ sample: 1/10001 }', 'traces.sample', 'expected `every`, or one in so many events'],
    ['{ max-spans: 5/s }', 'traces.max-spans', 'expected spans a second'],
    ['{ max-spans: 1M/s }', 'traces.max-spans', 'expected spans a second'],
    ['{ endpoint: 127.0.0.1:4318 }', 'traces.endpoint', 'expected the address of an OTLP/HTTP endpoint'],
    ['{ endpoint: "ftp://x/" }', 'traces.endpoint', 'expected the address of an OTLP/HTTP endpoint'],
    ['{ endpoint: "http://me:secret@x/" }', 'traces.endpoint', 'without user and password'],
    ['{ samples: every }', 'traces.samples', 'Did you mean `sample`?'],
    ['true', 'traces', 'expected'],
  ])('are refused as %s, with the place', (traces, path, message) => {
    const [text = '', ...others] = told(withTraces(traces));
    expect(others).toEqual([]);
    expect(text).toContain(path);
    expect(text).toContain(message);
    expect(text).not.toContain('me:secret');
  });
});
