import { randomFillSync } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { availableMemory } from '../../base/available-memory.js';
import { MemoryShare } from './memory-share.js';
import type { Pressure } from './pressure-process.js';
import type { HoldMemoryTask } from './pressure-task.js';

const MIB = 2 ** 20;
const CHUNK_BYTES = 16 * MIB;
/** So many chunks are taken in one go, so that this process still hears when it is over. */
const AT_ONCE = 4;
const LOOK_EVERY_MS = 50;

/**
 * Takes memory a chunk at a time as long as the reserve stays, and gives chunks back when others come to need it.
 * Resolves when it has all that it wants, or there is no more to be had.
 */
export async function holdMemory({ bytes, reserveBytes }: HoldMemoryTask): Promise<Pressure> {
  const chunks: Buffer[] = [];
  const share = new MemoryShare(bytes, reserveBytes, CHUNK_BYTES);
  // Bytes that nothing compresses: a page of zeros takes no memory where swap is compressed.
  const noise = randomFillSync(Buffer.allocUnsafeSlow(MIB));
  const collect = collector();

  const look = () => {
    const change = share.adjust(availableMemory(), AT_ONCE);
    for (let i = 0; i < change; i++) chunks.push(filled(noise));
    if (change < 0) {
      chunks.length = share.held;
      collect();
    }
    return change > 0;
  };
  while (look()) await new Promise<void>((resolve) => setImmediate(resolve));
  setInterval(look, LOOK_EVERY_MS);
  return {
    report: () => ({ heldBytes: share.held * CHUNK_BYTES, gaveBackBytes: share.gaveBack * CHUNK_BYTES }),
  };
}

/** Written to, page by page: memory that is only asked for takes none. */
function filled(noise: Buffer): Buffer {
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  for (let at = 0; at < CHUNK_BYTES; at += MIB) noise.copy(chunk, at);
  return chunk;
}

/** Node gives memory back when it collects, and collects when it likes unless it is told to. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
