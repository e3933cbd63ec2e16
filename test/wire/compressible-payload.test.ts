import { brotliCompressSync, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { compressiblePayload } from '../../src/wire/compressible-payload.js';

/** Many payloads, as a stream stores them: one after the other. */
const payloads = (bytes: number, ratio: number): Buffer => {
  const random = seededRandom(3);
  const count = Math.ceil(1_000_000 / bytes);
  return Buffer.concat(Array.from({ length: count }, () => compressiblePayload(bytes, ratio, random)));
};

describe('a compressible payload', () => {
  it.each([
    [256, 0.25],
    [256, 0.5],
    [1024, 0.1],
    [1024, 0.5],
    [1024, 0.9],
    [64 * 1024, 0.3],
    [64 * 1024, 1],
  ])('of %d B compresses to %d of its size', (bytes, ratio) => {
    const all = payloads(bytes, ratio);
    for (const compress of [deflateRawSync, brotliFast]) {
      expect(compress(all).length / all.length).toBeGreaterThan(ratio - 0.05);
      expect(compress(all).length / all.length).toBeLessThan(ratio + 0.05);
    }
  });

  it('has exactly its size, room for a stamp, and is the same for the same seed', () => {
    expect(compressiblePayload(16, 0, seededRandom(1))).toHaveLength(16);
    expect(compressiblePayload(700, 0.5, seededRandom(1))).toEqual(
      compressiblePayload(700, 0.5, seededRandom(1)),
    );
    expect(compressiblePayload(700, 0.5, seededRandom(1))).not.toEqual(
      compressiblePayload(700, 0.5, seededRandom(2)),
    );
  });
});

/** The quickest level: matches alone, as S2 makes them. */
function brotliFast(bytes: Buffer): Buffer {
  return brotliCompressSync(bytes, { params: { 1: 1 } });
}
