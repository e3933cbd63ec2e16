import type Docker from 'dockerode';
import { messageOf } from '../../base/errors.js';
import { parseEngine } from './engine-address.js';

/** A control call that takes longer has failed. Starting a container on a busy machine takes seconds. */
const CALL_MS = 20_000;

/**
 * A client of a Docker engine; nothing is sent yet. The library is loaded here: few runs have to do with containers.
 *
 * @param callMs how long one call may be silent; 0 for calls that wait for something to happen
 * @throws Error for an address that cannot be used
 */
export async function openEngine(engine: string, callMs = CALL_MS): Promise<Docker> {
  const endpoint = parseEngine(engine);
  const { default: Dockerode } = await import('dockerode');
  return new Dockerode({ ...endpoint, ...(callMs > 0 && { timeout: callMs }) });
}

/** What the engine said with an error: its status, and its own sentence without the wrapping. */
export function engineError(thrown: unknown): { readonly status?: number; readonly text: string } {
  const { statusCode, json } = (thrown ?? {}) as {
    readonly statusCode?: number;
    readonly json?: { readonly message?: string };
  };
  const text = json?.message ?? messageOf(thrown);
  return { ...(statusCode !== undefined && { status: statusCode }), text };
}

/** The value, or `undefined` where the engine says that there is no such thing. */
export async function unlessAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (engineError(error).status === 404) return undefined;
    throw error;
  }
}

/** Does not mind an engine that has nothing to do: 304, or that it is (being) done already. */
export async function unlessDone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const { status } = engineError(error);
    if (status !== 304 && status !== 404 && status !== 409) throw error;
  }
}
