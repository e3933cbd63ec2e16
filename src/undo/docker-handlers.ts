import type { UndoHandlers } from '../contracts/undo.js';

/**
 * Undoes what was done to containers. What talks to the engine is loaded when it is needed: the watchdog starts with
 * every run, and seldom has a container to look after.
 */
export const dockerHandlers: Pick<
  UndoHandlers,
  'docker-remove' | 'docker-start' | 'docker-unpause' | 'docker-connect' | 'docker-unshape'
> = {
  'docker-remove': async ({ engine, mark }) => {
    const { removeMarkedThings } = await import('../processes/docker/remove-marked.js');
    return removeMarkedThings(await open(engine), mark);
  },
  'docker-start': async ({ engine, container }) => {
    const { startContainer } = await containers();
    return startContainer(await open(engine), container);
  },
  'docker-unpause': async ({ engine, container }) => {
    const { unpauseContainer } = await containers();
    return unpauseContainer(await open(engine), container);
  },
  'docker-connect': async ({ engine, container, network, alias }) => {
    const { joinNetwork } = await containers();
    return joinNetwork(await open(engine), container, network, alias);
  },
  'docker-unshape': async ({ engine, container, network }) => {
    const { unshapeContainer } = await import('../processes/docker/unshape-container.js');
    return unshapeContainer(await open(engine), container, network);
  },
};

const containers = () => import('../processes/docker/containers.js');

async function open(engine: string) {
  return (await import('../processes/docker/open-engine.js')).openEngine(engine);
}
