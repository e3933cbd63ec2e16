// Writes schema/scenario.schema.json, which editors read, from the built program: run `npm run build` first.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { scenarioJsonSchema } = await import('../dist/app/index.js');

const file = join(root, 'schema', 'scenario.schema.json');
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify(scenarioJsonSchema(), undefined, 2)}\n`);
console.log(`wrote ${file}`);
