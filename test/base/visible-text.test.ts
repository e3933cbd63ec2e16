import { expect, it } from 'vitest';
import { visible, visibleLines } from '../../src/base/visible-text.js';

it.each([
  ['a\u001b[2Jb', 'a\\u001b[2Jb'],
  ['two\r\nlines\tof it', 'two\\r\\nlines\\tof it'],
  ['\u0000\u007f\u009b', '\\u0000\\u007f\\u009b'],
  ['\u2028\u202egnp.exe\u2066', '\\u2028\\u202egnp.exe\\u2066'],
  ['żółć 鷹 👩‍🚒 C:\\dir', 'żółć 鷹 👩‍🚒 C:\\dir'],
])('%j becomes %j, and stays so', (text, seen) => {
  expect(visible(text)).toBe(seen);
  expect(visible(seen)).toBe(seen);
});

it('lines of a text may stay lines, with their tabs, and nothing else may', () => {
  expect(visibleLines('one\n\ttwo\r\u001b[1A')).toBe('one\n\ttwo\\r\\u001b[1A');
});
