import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/errors.js';
import { readScenario } from '../../src/scenario/read-scenario.js';

const dir = mkdtempSync(join(tmpdir(), 'stormglass-read-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function refusal(file: string): UsageError {
  try {
    readScenario(file);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`${file} was read`);
}

describe('readScenario', () => {
  it('returns the text of a file', () => {
    const file = join(dir, 'ok.yaml');
    writeFileSync(file, 'name: größe\n');
    expect(readScenario(file)).toBe('name: größe\n');
  });

  it('refuses a file that is not there', () => {
    const file = join(dir, 'missing.yaml');
    expect(refusal(file).message).toBe(`${file} is not there`);
    expect(refusal(join(dir, 'ok.yaml', 'x')).message).toContain('is not there');
  });

  it('refuses a directory', () => {
    expect(refusal(dir)).toMatchObject({
      exit: 'usage',
      message: `${dir} is a directory`,
      hint: 'Name the file in it.',
    });
  });

  it('refuses a device', () => {
    expect(refusal('/dev/zero').message).toBe('/dev/zero is no file');
  });

  it('refuses what is no UTF-8 text, and what is far too large', () => {
    const binary = join(dir, 'binary');
    writeFileSync(binary, Buffer.from([0xff, 0xfe, 0x00]));
    expect(refusal(binary).message).toBe(`${binary} is not UTF-8 text`);
    const large = join(dir, 'large');
    writeFileSync(large, Buffer.alloc(5 * 1024 * 1024, 0x20));
    expect(refusal(large).message).toBe(`${large} is larger than 4 MiB`);
  });

  it('refuses a file that may not be read', () => {
    const file = join(dir, 'secret.yaml');
    writeFileSync(file, 'name: a\n');
    chmodSync(file, 0o000);
    const nobody = 65534;
    const isRoot = process.geteuid?.() === 0;
    // Root may read every file, so it is somebody else meanwhile.
    if (isRoot) process.seteuid?.(nobody);
    try {
      expect(refusal(file).message).toBe(`${file} may not be read`);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  it('reads a pipe, as a shell hands one over', () => {
    const pipe = join(dir, 'pipe');
    execFileSync('mkfifo', [pipe]);
    // The shell ends at once; what it leaves behind writes as soon as somebody reads.
    execFileSync('sh', ['-c', `printf 'name: piped\\n' > '${pipe}' &`], { stdio: 'ignore' });
    expect(readScenario(pipe)).toBe('name: piped\n');
  });
});
