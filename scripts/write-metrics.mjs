// Writes docs/metrics.md, the tables of every metric, from the catalog of the monitor.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';

const file = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs', 'metrics.md');
const { metricsPage } = await createJiti(import.meta.url, { fsCache: false }).import('./metrics-page.ts');

writeFileSync(file, await metricsPage());
console.log(`wrote ${file}`);
