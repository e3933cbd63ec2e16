import { join } from 'node:path';
import { NS } from '../base/clock.js';
import type { Reporter } from '../contracts/reporter.js';
import { RESOURCE_FIGURES, type ResourceSample } from '../contracts/resources.js';
import { figuresOf, isTelling, userOf } from '../metrics/resource-figures.js';
import { GrowingFile } from './growing-file.js';

/** `cpuShare` → `cpu_share` */
const columnOf = (figure: string): string => figure.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const HEADER = ['t_s', 'kind', 'name', ...RESOURCE_FIGURES.map(columnOf)];

/** resources.csv: a row a second for each server, each thread of ours, the process and the machine, as they are looked at. */
export function createResourcesReporter({ runDir }: { readonly runDir: string }): Reporter {
  let file: GrowingFile | undefined;
  let loadStartNs: number | undefined;
  return {
    name: 'resources.csv',
    async onStart() {
      file = new GrowingFile(join(runDir, 'resources.csv'));
      file.write(`${HEADER.join(',')}\n`);
    },
    onLoadStart: (startNs) => {
      loadStartNs = startNs;
    },
    onSample: (sample) => {
      if (loadStartNs === undefined || sample.endNs <= loadStartNs || !isTelling(sample)) return;
      file?.write(`${csvLine(sample, loadStartNs)}\n`);
    },
    async onEnd() {
      await file?.close();
    },
  };
}

function csvLine(sample: ResourceSample, loadStartNs: number): string {
  const { kind, name } = userOf(sample);
  const figures = figuresOf(sample);
  const middleNs = (sample.startNs + sample.endNs) / 2;
  const second = Math.max(0, Math.floor((middleNs - loadStartNs) / NS.s));
  return [second, kind, quoted(name), ...RESOURCE_FIGURES.map((figure) => cell(figures[figure]))].join(',');
}

/** Five digits are more than an instrument has; whole numbers stay as they are. */
const cell = (value: number | undefined): string =>
  value === undefined ? '' : Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
