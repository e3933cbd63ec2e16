import { readFileSync } from 'node:fs';

/** The root of the installed package: where tools/, schema/ and package.json stand. */
export const PACKAGE_ROOT = new URL('../../', import.meta.url);

interface PackageFile {
  readonly version: string;
}

/** The version of stormglass, from its package.json. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL('package.json', PACKAGE_ROOT), 'utf8')) as PackageFile
).version;
