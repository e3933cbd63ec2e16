import { cpus } from 'node:os';

/** What the figures of a bench were taken on. */
export const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version };
