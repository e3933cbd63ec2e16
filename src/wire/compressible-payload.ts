import type { Random } from '../base/random.js';
import { STAMP_BYTES } from './stamp.js';

/** A payload is noise and repetition by turns: as long as this, together, so that every part of it compresses alike. */
const TURN_BYTES = 512;
/** A compressor writes down in about so many bytes how often something is repeated. */
const RUN_BYTES = 4;

/**
 * A payload that compressors (S2, zstd, deflate) make `ratio` as large as it is, as far as its size lets them: below a
 * few hundred bytes what they add themselves shows. The stamp is part of the noise.
 */
export function compressiblePayload(bytes: number, ratio: number, random: Random): Buffer {
  const payload = Buffer.alloc(bytes, 'stormglass ');
  for (let at = 0; at < bytes; at += TURN_BYTES) {
    const turn = Math.min(TURN_BYTES, bytes - at);
    const wanted = Math.round(turn * ratio) - (ratio < 1 ? RUN_BYTES : 0);
    const noise = Math.min(turn, Math.max(at === 0 ? STAMP_BYTES : 1, wanted));
    random.fill(payload.subarray(at, at + noise));
  }
  return payload;
}
