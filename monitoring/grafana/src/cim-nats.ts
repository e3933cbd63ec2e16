import { clusterPanels } from './nats/cluster-panels.js';
import { connectionPanels } from './nats/connection-panels.js';
import { consumerPanels } from './nats/consumer-panels.js';
import { raftPanels } from './nats/raft-panels.js';
import { serverPanels } from './nats/server-panels.js';
import { storagePanels } from './nats/storage-panels.js';
import { trafficPanels } from './nats/traffic-panels.js';
import { cimDashboard } from './parts/cim-dashboard.js';
import { labelVariable } from './parts/label-variable.js';

/** The servers: who is there, what goes through them, what they store, and whether Raft can decide. */
export const cimNats = () =>
  cimDashboard({
    uid: 'cim-nats',
    title: 'CIM / NATS',
    description:
      'The servers: who is there, what goes through them, what they store, and whether Raft can decide.',
    tags: ['nats'],
    variables: [
      labelVariable({
        name: 'server',
        label: 'Server',
        description: 'Servers whose figures are shown.',
        of: 'cim_nats_up',
      }),
      labelVariable({
        name: 'stream',
        label: 'Stream',
        description: 'Streams, with their consumers and Raft groups.',
        of: 'jetstream_stream_total_messages',
        labelName: 'stream_name',
      }),
    ],
    sections: [
      { title: 'Cluster', panels: clusterPanels() },
      { title: 'Traffic', panels: trafficPanels() },
      { title: 'Connections', panels: connectionPanels() },
      { title: 'Servers', panels: serverPanels() },
      { title: 'JetStream storage', panels: storagePanels() },
      { title: 'Consumers', panels: consumerPanels() },
      { title: 'Raft', panels: raftPanels() },
    ],
  });
