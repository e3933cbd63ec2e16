import type { MessagePort } from 'node:worker_threads';
import { describeFailure } from '../base/thread-failure.js';
import type { MonitorTask } from '../contracts/monitor.js';
import type { FromMonitor, ToMonitor } from './monitor-messages.js';
import { startMonitorService } from './monitor-service.js';

/**
 * The main function of the monitor's thread: serves until it is told to stop. Resolves with the port closed, so that
 * the thread can end by itself. What goes wrong is told to the conductor, and never thrown.
 */
export async function runMonitorWorker(port: MessagePort, task: MonitorTask): Promise<void> {
  const tell = (message: FromMonitor) => port.postMessage(message);
  try {
    await using service = await startMonitorService(task, {
      onReport: (report) => tell({ say: 'report', report }),
      onNotice: (notice) => tell({ say: 'notice', notice }),
      onSample: (sample) => tell({ say: 'sample', sample }),
      onSpans: (report) => tell({ say: 'spans', report }),
    });
    const servePage = (isServed: boolean): void => {
      service.servePage(service.metricsUrl, isServed).then(
        () => tell({ say: 'page-done' }),
        (thrown) => tell({ say: 'page-done', failure: describeFailure(thrown) }),
      );
    };
    const stopped = new Promise<void>((resolve, reject) => {
      port.on('message', (message: ToMonitor) => {
        if (message.say === 'stop') resolve();
        else if (message.say === 'publish') service.publish(message.event);
        else if (message.say === 'servers') service.useServers(message.targets);
        else if (message.say === 'page') servePage(message.isServed);
        else service.drained(message.quietMs, message.timeoutMs).then(() => tell({ say: 'drained' }), reject);
      });
      port.once('close', resolve);
    });
    tell({ say: 'ready', metricsUrl: service.metricsUrl });
    await stopped;
  } catch (thrown) {
    tell({ say: 'failed', failure: describeFailure(thrown) });
    port.close();
    return;
  }
  tell({ say: 'stopped' });
  port.close();
}
