import type { DockerRemove, UndoRecord } from '../../contracts/undo.js';
import { DOCKER_MARK } from '../../processes/docker/remove-marked.js';
import { clusterUndoRecords } from '../cluster-undo.js';

/** The undo record that takes the containers away; what brings one of them back lies within it. */
export const DOCKER_UNDO_ID = 'containers';

/** What undoes a cluster of containers, to be written before any is made; and what else a run has of processes and files. */
export function dockerUndoRecords(runId: string, workDir: string, engine: string): UndoRecord[] {
  const label = `label=${DOCKER_MARK}=${runId}`;
  const ofAll = (list: string, remove: string) =>
    `docker ${list} -q --filter ${label} | xargs -r docker ${remove}`;
  const containers: DockerRemove = {
    kind: 'docker-remove',
    id: DOCKER_UNDO_ID,
    what: 'remove the containers, networks and volumes of the cluster',
    manual: [
      ofAll('ps -a', 'rm -f -v'),
      ofAll('network ls', 'network rm'),
      ofAll('volume ls', 'volume rm'),
    ].join('; '),
    engine,
    mark: runId,
  };
  return [...clusterUndoRecords(runId, workDir), containers];
}
