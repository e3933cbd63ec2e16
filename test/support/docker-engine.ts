import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { engineOf } from '../../src/processes/docker/engine-address.js';
import { openEngine } from '../../src/processes/docker/open-engine.js';
import { natsServerPath } from './nats-server.js';

/** Where the tests' Docker engine is; `undefined` where none answers, and then what needs one is skipped. */
export const dockerEngine: string | undefined = await findEngine();

/** For the title of what is skipped without. */
export const NEEDS_ENGINE = dockerEngine === undefined ? ' (skipped: no Docker engine answers)' : '';

async function findEngine(): Promise<string | undefined> {
  const engine = engineOf(process.env);
  const isRequired = process.env.STORMGLASS_TEST_DOCKER === 'required';
  try {
    await (await openEngine(engine, isRequired ? 60_000 : 2_000)).ping();
    return engine;
  } catch (error) {
    if (!isRequired) return undefined;
    throw new Error(`no Docker engine answers at ${engine}, and STORMGLASS_TEST_DOCKER=required`, {
      cause: error,
    });
  }
}

const IMAGE = 'stormglass-test-nats:scratch';

/** An image that holds the tests' own nats-server and nothing else: no registry is needed. */
export function provideTestImage(docker: Docker): Promise<string> {
  building ??= build(docker);
  return building;
}

let building: Promise<string> | undefined;

async function build(docker: Docker): Promise<string> {
  const context = await mkdtemp(join(tmpdir(), 'stormglass-image-test-'));
  try {
    await copyFile(natsServerPath(), join(context, 'nats-server'));
    await writeFile(
      join(context, 'Dockerfile'),
      'FROM scratch\nCOPY nats-server /nats-server\nENTRYPOINT ["/nats-server"]\n',
    );
    const stream = await docker.buildImage({ context, src: ['Dockerfile', 'nats-server'] }, { t: IMAGE });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()));
    });
    return IMAGE;
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}
