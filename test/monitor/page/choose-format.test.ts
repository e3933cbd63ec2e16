import { describe, expect, it } from 'vitest';
import { chooseFormat, takesEncoding } from '../../../src/monitor/page/choose-format.js';

describe('chooseFormat', () => {
  it('gives each what it likes best, and text to who says nothing', () => {
    const prometheus2 =
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
    const prometheus3 =
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,*/*;q=0.2';
    expect([prometheus2, prometheus3, 'application/openmetrics-text'].map(chooseFormat)).toEqual(
      new Array(3).fill('openmetrics'),
    );
    const others = [
      ...[undefined, '', '*/*', 'text/html', 'text/plain', 'application/openmetrics-text;version=0.0.1'],
      ...[
        'application/openmetrics-text;q=0',
        'application/openmetrics-text;q=0.2,text/plain;q=0.9',
        ';;,=;q=x',
      ],
    ];
    expect(others.map(chooseFormat)).toEqual(new Array(others.length).fill('text'));
  });
});

describe('takesEncoding', () => {
  it('knows what a header takes', () => {
    expect(
      ['gzip', 'deflate, GZIP;q=0.5', ' gzip ;q=1'].map((header) => takesEncoding(header, 'gzip')),
    ).toEqual([...[true, true, true]]);
    expect([undefined, '', 'identity', 'gzip;q=0'].map((header) => takesEncoding(header, 'gzip'))).toEqual([
      ...[false, false, false, false],
    ]);
  });
});
