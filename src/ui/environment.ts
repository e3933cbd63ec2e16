import { formatInteger, formatSize } from '../base/units.js';
import type { LoadNotice } from '../contracts/load.js';
import type { ReportPage } from '../contracts/report-page.js';
import type { Summary } from '../contracts/summary.js';
import { dataTable } from './data-table.js';
import { element, section } from './dom.js';
import { countText, NOTHING } from './figures.js';

/** Where it ran, what the servers counted, and how to run it again. */
export function environmentSection({ summary, rerun }: ReportPage): HTMLElement {
  return section(
    'environment',
    'Run it again',
    element('pre', { tabindex: '0' }, element('code', {}, rerun)),
    facts(summary),
    notices(summary.notices),
  );
}

function facts({ environment, servers, scenarioFile, seed, runId }: Summary): HTMLElement {
  const list = element('dl', { class: 'facts' });
  const add = (term: string, fact: string | undefined) => {
    if (fact !== undefined) list.append(element('div', {}, element('dt', {}, term), element('dd', {}, fact)));
  };
  add('Scenario', scenarioFile);
  add('Seed', String(seed));
  add('Run', runId);
  add(
    'stormglass',
    environment.gitRevision
      ? `${environment.stormglass} (${environment.gitRevision})`
      : environment.stormglass,
  );
  add('nats-server', environment.natsServer);
  add('Node', environment.node);
  add('Machine', `${environment.platform}, ${environment.cpus} CPUs, ${formatSize(environment.memoryBytes)}`);
  add('Servers took in', servers.inMsgs === undefined ? undefined : serverText(servers));
  return list;
}

function serverText({ inMsgs = 0, inBytes, slowConsumers, restarted }: Summary['servers']): string {
  const parts = [`${restarted.length > 0 ? 'at least ' : ''}${formatInteger(inMsgs)} messages`];
  if (inBytes !== undefined) parts.push(formatSize(inBytes));
  if (slowConsumers) parts.push(`${formatInteger(slowConsumers)} slow consumers`);
  if (restarted.length > 0) parts.push(`counters of ${restarted.join(', ')} started anew`);
  return parts.join(', ');
}

function notices(all: readonly LoadNotice[]): HTMLElement | undefined {
  if (all.length === 0) return undefined;
  return element(
    'details',
    {},
    element('summary', {}, 'What the connections met'),
    dataTable<LoadNotice>({
      caption: 'Notices of connections',
      rows: all,
      columns: [
        { heading: 'Load', cell: ({ load }) => load },
        { heading: 'Worker', numeric: true, cell: ({ worker }) => (worker < 0 ? NOTHING : String(worker)) },
        { heading: 'What', cell: ({ kind }) => kind },
        { heading: 'Text', cell: ({ text }) => text },
        { heading: 'Times', numeric: true, cell: ({ count }) => countText(count) },
      ],
    }),
  );
}
