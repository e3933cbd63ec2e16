import type Docker from 'dockerode';
import { PreflightError } from '../../base/errors.js';
import { engineError, openEngine, unlessAbsent } from '../../processes/docker/open-engine.js';

export interface ProvideImageOptions {
  readonly image: string;
  readonly engine: string;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Looks that the engine answers and has the image; pulls it where it has not.
 * @throws PreflightError with what is missing and what to do about it
 */
export async function provideImage({ image, engine, progress, signal }: ProvideImageOptions): Promise<void> {
  const docker = await reachEngine(engine);
  if ((await unlessAbsent(docker.getImage(image).inspect())) !== undefined) return;
  progress(`pulling ${image}`);
  try {
    const patient = await openEngine(engine, 0);
    const stream = await patient.pull(image, { abortSignal: signal });
    await new Promise<void>((resolve, reject) => {
      patient.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new PreflightError(`the image ${image} cannot be pulled: ${engineError(error).text}`, {
      cause: error,
      hint: `see to it that \`docker pull ${image}\` works, or name another: \`cluster.image\` in the scenario`,
    });
  }
}

/** @throws PreflightError when no engine answers there */
export async function reachEngine(engine: string): Promise<Docker> {
  try {
    const docker = await openEngine(engine);
    await docker.ping();
    return docker;
  } catch (error) {
    throw new PreflightError(`no Docker engine answers at ${engine}: ${engineError(error).text}`, {
      cause: error,
      hint: 'start one, say where it is with DOCKER_HOST or `cluster.engine`, or use `driver: process`, which needs none',
    });
  }
}
