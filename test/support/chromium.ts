import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** The browser on the PATH, if there is one. */
export function findChromium(): string | undefined {
  const places = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return places.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What a test that needs a browser says when there is none. */
export const WITHOUT_CHROMIUM = 'no chromium on the PATH; on Debian: apt-get install chromium';
