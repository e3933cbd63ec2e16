import { waitFor } from '../../base/wait.js';
import type { NodeSignal, ProcessLook } from '../../contracts/cluster.js';
import type { DockerStart, DockerUnpause } from '../../contracts/undo.js';
import { lookAtContainer, startContainer } from '../../processes/docker/containers.js';
import { engineError, openEngine } from '../../processes/docker/open-engine.js';
import type { NodeHandle } from './node-handle.js';

const ENDS_WITHIN_MS = 10_000;

/** A container of somebody else's, by its exact name. */
export class ContainerHandle implements NodeHandle {
  readonly #node: string;
  readonly #container: string;
  readonly #engine: string;

  constructor(node: string, container: string, engine: string) {
    this.#node = node;
    this.#container = container;
    this.#engine = engine;
  }

  async look(): Promise<ProcessLook> {
    const look = await lookAtContainer(await openEngine(this.#engine), this.#container);
    if (look === undefined) return { state: 'down', saw: `there is no container ${this.#container}` };
    const saw = `container ${look.name} is ${look.status}`;
    return look.state === 'down'
      ? { state: 'down', saw }
      : { state: look.state, instance: look.startedAt, saw };
  }

  async signal(signal: NodeSignal): Promise<void> {
    const docker = await openEngine(this.#engine);
    const look = await lookAtContainer(docker, this.#container);
    if (look === undefined) throw new Error(`there is no container ${this.#container}`);
    const container = docker.getContainer(look.id);
    try {
      if (signal === 'SIGSTOP') await container.pause();
      else if (signal === 'SIGCONT') await container.unpause();
      else await container.kill({ signal });
    } catch (error) {
      throw new Error(`node ${this.#node}: ${engineError(error).text}`, { cause: error });
    }
    if (signal !== 'SIGKILL') return;
    const isDown = async () => (await this.look()).state === 'down';
    if (await waitFor(isDown, { timeoutMs: ENDS_WITHIN_MS, everyMs: 20 })) return;
    throw new Error(`node ${this.#node} did not end within ${ENDS_WITHIN_MS} ms of SIGKILL`);
  }

  async start(): Promise<void> {
    await startContainer(await openEngine(this.#engine), this.#container);
  }

  startRecord(id: string): DockerStart {
    return {
      kind: 'docker-start',
      id,
      what: `start the container ${this.#container} again`,
      manual: `docker start ${this.#container}`,
      engine: this.#engine,
      container: this.#container,
    };
  }

  continueRecord(id: string): DockerUnpause {
    return {
      kind: 'docker-unpause',
      id,
      what: `let the container ${this.#container} go on`,
      manual: `docker unpause ${this.#container}`,
      engine: this.#engine,
      container: this.#container,
    };
  }
}
