import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { nowNs } from '../../src/base/clock.js';
import { waitFor } from '../../src/base/wait.js';
import type { Span } from '../../src/contracts/trace.js';
import { OtlpExporter } from '../../src/traces/otlp-exporter.js';
import { encodeSpans } from '../../src/traces/otlp-json.js';

const span = (n: number): Span => ({
  traceId: (n + 1).toString(16).padStart(32, '0'),
  spanId: (n + 1).toString(16).padStart(16, '0'),
  service: 'stormglass-orders',
  name: 'publish',
  kind: 'producer',
  startNs: n * 1000,
  endNs: n * 1000 + 500,
  attributes: { 'stormglass.sequence': n },
});

const encode = (spans: readonly Span[]): string =>
  encodeSpans(spans, { version: '1', attributes: {}, wallOffsetMs: 1_700_000_000_000 });

/** How many spans a request has. */
const countIn = (body: string): number =>
  (JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: unknown[] }[] }[] }).resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans)
    .reduce((sum, { spans }) => sum + spans.length, 0);

type Answer = readonly [status: number, body: string, headers?: Readonly<Record<string, string>>];

/** An endpoint that answers requests one after the other as it is told; the last answer stands for all that follow. */
async function endpoint(answers: readonly (Answer | 'never' | 'endless')[]) {
  const taken: number[] = [];
  const askedAtNs: number[] = [];
  let asked = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const answer = answers[Math.min(asked++, answers.length - 1)]!;
      askedAtNs.push(nowNs());
      if (answer === 'never') return;
      if (answer === 'endless') {
        response.writeHead(500);
        const more = () => {
          while (response.write(' '.repeat(65_536)));
        };
        response.on('drain', more);
        more();
        return;
      }
      const [status, text, headers] = answer;
      if (status === 200) taken.push(countIn(body));
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    taken: () => taken.reduce((sum, count) => sum + count, 0),
    asked: () => asked,
    askedAtNs,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const exporterTo = (url: string, mostWaiting?: number): OtlpExporter =>
  new OtlpExporter({ endpoint: url, encode, ...(mostWaiting && { mostWaiting }) });

const spans = (count: number): Span[] => Array.from({ length: count }, (_, n) => span(n));

describe('spans on their way to an endpoint', () => {
  it('arrive after a report that had none', async () => {
    await using to = await endpoint([[200, '{}']]);
    const exporter = exporterTo(to.url);
    exporter.add([]);
    exporter.add(spans(3));
    await exporter.end(60_000);
    expect(to.taken()).toBe(3);
    expect(exporter.undelivered).toBe(0);
  });

  it('arrive, all of them, in requests of a bounded size', async () => {
    await using to = await endpoint([[200, '{}']]);
    const exporter = exporterTo(to.url);
    exporter.add(spans(1200));
    await exporter.end(60_000);
    expect(to.taken()).toBe(1200);
    expect(to.asked()).toBe(3);
    expect([exporter.undelivered, exporter.trouble]).toEqual([0, undefined]);
  });

  it('are sent again after a refusal that may pass', async () => {
    await using to = await endpoint([
      [503, 'later'],
      [200, ''],
    ]);
    const exporter = exporterTo(to.url);
    exporter.add(spans(10));
    await waitFor(() => to.taken() === 10, { timeoutMs: 60_000, everyMs: 20 });
    await exporter.end(60_000);
    expect([to.taken(), exporter.undelivered]).toEqual([10, 0]);
  });

  it('are not sent again after one that will not, and are counted with what was said', async () => {
    await using to = await endpoint([[400, 'no such thing']]);
    const exporter = exporterTo(to.url);
    exporter.add(spans(10));
    await exporter.end(60_000);
    expect(to.asked()).toBe(1);
    expect(exporter.undelivered).toBe(10);
    expect(exporter.trouble).toBe(`spans not delivered to ${to.url}: it answered 400: no such thing`);
  });

  it('are counted where a success refuses some of them', async () => {
    await using to = await endpoint([
      [200, '{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}'],
    ]);
    const exporter = exporterTo(to.url);
    exporter.add(spans(10));
    await exporter.end(60_000);
    expect(exporter.undelivered).toBe(3);
    expect(exporter.trouble).toContain('it rejected them: too old');
  });

  it('make room for newer ones where nobody takes them, and are given up at the end without a wait', async () => {
    await using to = await endpoint([[200, '']]);
    const dead = to.url;
    await to[Symbol.asyncDispose]();
    const exporter = exporterTo(dead, 100);
    // The first are on their way.
    for (let batch = 0; batch < 3; batch++) exporter.add(spans(80));
    expect(exporter.undelivered).toBeGreaterThan(0);
    await exporter.end(60_000);
    expect(exporter.undelivered).toBe(240);
    expect(exporter.trouble).toContain('ECONNREFUSED');
  });

  it('keep the end waiting for no longer than it may be, where the endpoint does not answer', async () => {
    await using to = await endpoint(['never']);
    const exporter = exporterTo(to.url);
    exporter.add(spans(10));
    await exporter.end(200);
    expect(exporter.undelivered).toBe(10);
    expect(exporter.trouble).toContain('the run was over');
  });

  it('are said once not to have arrived, however many answers said why, each in words of its own', async () => {
    await using to = await endpoint([...Array.from({ length: 40 }, (_, i): Answer => [500, `trouble ${i}`])]);
    const exporter = exporterTo(to.url);
    exporter.add(spans(512 * 40));
    await exporter.end(60_000);
    expect(exporter.undelivered).toBe(512 * 40);
    const one = `spans not delivered to ${to.url}: more came than it took; it answered 500: trouble 0`;
    expect(exporter.trouble).toBe(one);
  });

  it('are not sent again before the endpoint wants to be asked', async () => {
    await using to = await endpoint([
      [429, 'slowly', { 'retry-after': '1' }],
      [200, ''],
    ]);
    const exporter = exporterTo(to.url);
    exporter.add(spans(10));
    await waitFor(() => to.taken() === 10, { timeoutMs: 60_000, everyMs: 20 });
    const [first = 0, second = 0] = to.askedAtNs;
    // Without the wish it would be half a second.
    expect(second - first).toBeGreaterThan(0.95e9);
    await exporter.end(60_000);
    expect(exporter.undelivered).toBe(0);
  });

  it.each([
    ['null', 0],
    ['{"partialSuccess":{"rejectedSpans":"1e99"}}', 10],
    ['{"partialSuccess":null}', 0],
    ['{"partialSuccess":{"rejectedSpans":"x"}}', 0],
  ])(
    'have arrived with an answer such as %s, but for those that it rejects, %i',
    async (answer, rejected) => {
      await using to = await endpoint([[200, answer]]);
      const exporter = exporterTo(to.url);
      exporter.add(spans(10));
      await exporter.end(60_000);
      expect([to.asked(), to.taken(), exporter.undelivered]).toEqual([1, 10, rejected]);
    },
  );

  it('wait for no more of an answer than anybody reads', async () => {
    await using to = await endpoint(['endless']);
    const exporter = exporterTo(to.url);
    exporter.add(spans(10));
    await exporter.end(60_000);
    expect(exporter.undelivered).toBe(10);
    expect(exporter.trouble).toBe(`spans not delivered to ${to.url}: it answered 500`);
  });
});
