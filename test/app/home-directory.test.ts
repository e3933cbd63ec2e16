import { describe, expect, it } from 'vitest';
import { homeDirectory } from '../../src/app/home-directory.js';
import { userPlace } from '../../src/app/user-place.js';
import { PreflightError } from '../../src/base/errors.js';
import { surroundingsOf } from '../../src/cli/surroundings.js';
import { expandHome } from '../../src/clusters/access/secret-file.js';

const nobody = (): string => {
  throw new Error('uv_os_homedir returned ENOENT');
};

describe('the home of a user', () => {
  it('is what HOME says, else what the system lists', () => {
    expect(homeDirectory({ HOME: '/home/a' }, '', nobody)).toBe('/home/a');
    expect(homeDirectory({}, '', () => '/home/listed')).toBe('/home/listed');
  });

  it('is missed in one sentence where neither knows one', () => {
    for (const listed of [nobody, () => '']) {
      const missing = () => homeDirectory({ HOME: '' }, 'set HOME', listed);
      expect(missing).toThrow(PreflightError);
      expect(missing).toThrow(/^HOME is not set, and no other home directory is known \(/);
    }
  });

  it('is not looked for where both XDG variables say where things are kept', () => {
    const env = { XDG_CACHE_HOME: '/c', XDG_STATE_HOME: '/s' };
    expect(surroundingsOf(env)).toMatchObject({ cacheDir: '/c/stormglass', stateDir: '/s/stormglass' });
  });

  it('is read for the paths that begin with it, and for no other', () => {
    const homeless = {
      env: {},
      get home(): string {
        return homeDirectory({}, '', nobody);
      },
    };
    expect(expandHome('/etc/x', homeless)).toBe('/etc/x');
    expect(() => expandHome('~/x', homeless)).toThrow('HOME is not set');
    expect(expandHome('~/x', userPlace({ HOME: '/home/a' }))).toBe('/home/a/x');
  });
});
