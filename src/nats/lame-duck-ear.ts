import type { ServerAccess } from '../contracts/load.js';
import { connectControl } from './connect.js';

/** A client that listens for its server to say that it is about to leave. */
export interface LameDuckEar extends AsyncDisposable {
  /** The server has told this client. */
  readonly wasTold: boolean;
}

/** Connects as any client does. Throws a PreflightError when the servers of `access` do not let it in. */
export async function listenForLameDuck(access: ServerAccess): Promise<LameDuckEar> {
  const nc = await connectControl(access, { name: 'stormglass-lame-duck' });
  let wasTold = false;
  const listening = (async () => {
    for await (const { type } of nc.status()) if (type === 'ldm') wasTold = true;
  })();
  return {
    get wasTold() {
      return wasTold;
    },
    [Symbol.asyncDispose]: async () => {
      await nc.close();
      await listening;
    },
  };
}
