// Writes monitoring/grafana/dashboards/*.json, which Grafana reads, from the TypeScript beside them.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'monitoring', 'grafana', 'src', 'dashboards.ts');
const folder = join(root, 'monitoring', 'grafana', 'dashboards');
const { dashboards, dashboardText } = await createJiti(import.meta.url, { fsCache: false }).import(source);

mkdirSync(folder, { recursive: true });
const written = new Set();
for (const dashboard of dashboards()) {
  const name = `${dashboard.uid}.json`;
  writeFileSync(join(folder, name), dashboardText(dashboard));
  written.add(name);
}
// One that is made no longer must not be shown any more.
for (const name of readdirSync(folder)) if (!written.has(name)) rmSync(join(folder, name));
console.log(`wrote ${written.size} dashboards to ${folder}`);
