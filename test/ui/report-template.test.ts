import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATA_MARK } from '../../src/reporters/inject-page-data.js';
import { buildReportTemplate, type ReportTemplate } from '../support/report-template.js';

let template: ReportTemplate;
let html: string;
beforeAll(async () => {
  template = await buildReportTemplate();
  html = readFileSync(template.file, 'utf8');
});
afterAll(() => template[Symbol.dispose]());

describe('the built page', () => {
  it('has one place for its data, and is small enough to be kept with every run', () => {
    expect(html.split(DATA_MARK)).toHaveLength(2);
    expect(html.length).toBeLessThan(200_000);
  });

  it('holds its style and its script, and asks for nothing', () => {
    expect(html).not.toMatch(/\/\*stormglass:/);
    const markup = html.replace(/(<(script|style)[^>]*>)[\s\S]*?<\/\2>/g, '$1');
    expect(markup).not.toMatch(/\ssrc=/);
    expect([...markup.matchAll(/\shref="([^"]*)"/g)].map(([, target]) => target)).toEqual(['data:,']);
    expect(html).not.toMatch(/@import|url\(\s*['"]?(?!data:)[^)'"]/);
    expect(html).not.toMatch(/\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts)\b/);
    expect(html).not.toMatch(/^\s*import\b/m);
  });

  it('forbids the browser to load anything, too', () => {
    expect(html).toMatch(/http-equiv="Content-Security-Policy" content="default-src 'none';/);
  });

  it('carries the licence of the library in it', () => {
    expect(html).toContain('The MIT License');
    expect(html).toContain('Leon Sorokin');
  });
});
