// Writes what of monitoring/ is made from something else: the rules of slos.yaml and of what is kept for long, and Prometheus'
// configuration with remote_write.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';

const monitoring = join(dirname(dirname(fileURLToPath(import.meta.url))), 'monitoring');
const { generatedFiles } = await createJiti(import.meta.url).import('../monitoring/generate/files.ts');

for (const [file, text] of Object.entries(generatedFiles(monitoring))) {
  writeFileSync(join(monitoring, file), text);
  console.log(`wrote monitoring/${file}`);
}
