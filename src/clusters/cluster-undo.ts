import type { EndMarkedProcesses, RemoveDirectory, UnmountVolumes } from '../contracts/undo.js';

/** The undo record that takes a whole cluster down; what brings one of its nodes back lies within it. */
export const CLUSTER_UNDO_ID = 'cluster';

/**
 * What undoes a process cluster, to be written before its directory is made and its servers are started. Undone in
 * reverse, as everything is: the servers end before their volumes are unmounted, and those before their directory goes.
 */
export function clusterUndoRecords(
  runId: string,
  workDir: string,
  hasVolumes = false,
): (RemoveDirectory | UnmountVolumes | EndMarkedProcesses)[] {
  return [
    {
      kind: 'remove-directory',
      id: 'cluster-directory',
      what: `remove the servers' directory ${workDir}`,
      manual: `rm -r '${workDir}'`,
      path: workDir,
      mark: runId,
    },
    ...(hasVolumes ? [volumesUndo(runId, workDir)] : []),
    {
      kind: 'end-marked-processes',
      id: CLUSTER_UNDO_ID,
      what: 'end the servers of the cluster',
      manual: `grep -lsz '^STORMGLASS_RUN=${runId}$' /proc/[0-9]*/environ | cut -d/ -f3 | xargs -r kill`,
      mark: runId,
    },
  ];
}

function volumesUndo(runId: string, workDir: string): UnmountVolumes {
  return {
    kind: 'unmount-volumes',
    id: 'cluster-volumes',
    what: `unmount the servers' volumes below ${workDir}`,
    manual: `grep -o ' ${workDir}[^ ]*' /proc/self/mountinfo | xargs -r umount`,
    root: workDir,
    mark: runId,
  };
}
