import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../src/base/wait.js';
import type { Span } from '../../src/contracts/trace.js';
import { OtlpExporter } from '../../src/traces/otlp-exporter.js';
import { encodeSpans } from '../../src/traces/otlp-json.js';
import { TroubleBook } from '../../src/traces/trouble-book.js';

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

/** An endpoint that answers requests one after the other as it is told; the last answer stands for all that follow. */
async function endpoint(answers: readonly (readonly [status: number, body: string] | 'never')[]) {
  const taken: number[] = [];
  let asked = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const answer = answers[Math.min(asked++, answers.length - 1)]!;
      if (answer === 'never') return;
      if (answer[0] === 200) taken.push(countIn(body));
      response.writeHead(answer[0], { 'content-type': 'application/json' }).end(answer[1]);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    taken: () => taken.reduce((sum, count) => sum + count, 0),
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function exporterTo(url: string, mostWaiting?: number) {
  const troubles = new TroubleBook();
  const exporter = new OtlpExporter({ endpoint: url, encode, troubles, ...(mostWaiting && { mostWaiting }) });
  return { exporter, troubles };
}

const spans = (count: number): Span[] => Array.from({ length: count }, (_, n) => span(n));

describe('spans on their way to an endpoint', () => {
  it('arrive after a report that had none', async () => {
    await using to = await endpoint([[200, '{}']]);
    const { exporter } = exporterTo(to.url);
    exporter.add([]);
    exporter.add(spans(3));
    await exporter.end(5000);
    expect(to.taken()).toBe(3);
    expect(exporter.undelivered).toBe(0);
  });

  it('arrive, all of them, in requests of a bounded size', async () => {
    await using to = await endpoint([[200, '{}']]);
    const { exporter, troubles } = exporterTo(to.url);
    exporter.add(spans(1200));
    await exporter.end(10_000);
    expect(to.taken()).toBe(1200);
    expect(to.asked()).toBe(3);
    expect([exporter.undelivered, troubles.all]).toEqual([0, []]);
  });

  it('are sent again after a refusal that may pass', async () => {
    await using to = await endpoint([
      [503, 'later'],
      [200, ''],
    ]);
    const { exporter } = exporterTo(to.url);
    exporter.add(spans(10));
    await waitFor(() => to.taken() === 10, { timeoutMs: 10_000, everyMs: 20 });
    await exporter.end(1000);
    expect([to.taken(), exporter.undelivered]).toEqual([10, 0]);
  });

  it('are not sent again after one that will not, and are counted with what was said', async () => {
    await using to = await endpoint([[400, 'no such thing']]);
    const { exporter, troubles } = exporterTo(to.url);
    exporter.add(spans(10));
    await exporter.end(10_000);
    expect(to.asked()).toBe(1);
    expect(exporter.undelivered).toBe(10);
    expect(troubles.all).toEqual([
      { text: `spans not delivered to ${to.url}: it answered 400: no such thing`, count: 10 },
    ]);
  });

  it('are counted where a success refuses some of them', async () => {
    await using to = await endpoint([
      [200, '{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}'],
    ]);
    const { exporter, troubles } = exporterTo(to.url);
    exporter.add(spans(10));
    await exporter.end(10_000);
    expect(exporter.undelivered).toBe(3);
    expect(troubles.all[0]?.text).toContain('too old');
  });

  it('make room for newer ones where nobody takes them, and are given up at the end without a wait', async () => {
    await using to = await endpoint([[200, '']]);
    const dead = to.url;
    await to[Symbol.asyncDispose]();
    const { exporter, troubles } = exporterTo(dead, 100);
    // The first are on their way.
    for (let batch = 0; batch < 3; batch++) exporter.add(spans(80));
    expect(exporter.undelivered).toBeGreaterThan(0);
    await exporter.end(60_000);
    expect(exporter.undelivered).toBe(240);
    expect(troubles.all.map(({ text }) => text).join()).toContain('ECONNREFUSED');
  });

  it('keep the end waiting for no longer than it may be, where the endpoint does not answer', async () => {
    await using to = await endpoint(['never']);
    const { exporter, troubles } = exporterTo(to.url);
    exporter.add(spans(10));
    await exporter.end(200);
    expect(exporter.undelivered).toBe(10);
    expect(troubles.all[0]?.text).toContain('the run was over');
  });
});
