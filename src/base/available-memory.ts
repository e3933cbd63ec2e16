import { freemem } from 'node:os';

/** Bytes of memory that could be had without swapping: what the machine has left, or our control group where that is less. */
export function availableMemory(): number {
  return Math.min(freemem(), process.availableMemory());
}
