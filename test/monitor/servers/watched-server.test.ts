import { describe, expect, it } from 'vitest';
import type { OwnEvent } from '../../../src/contracts/own-event.js';
import { DetailLimit } from '../../../src/monitor/servers/detail-limit.js';
import { WatchedServer } from '../../../src/monitor/servers/watched-server.js';
import type { ServerDoor } from '../../../src/nats/server-door.js';

/** One that answers until it dies, and then owes its answers until they are given up. */
function watched() {
  let giveUp = () => {};
  const given = new Promise<never>((_, reject) => {
    giveUp = () => reject(new Error('no answer'));
  });
  given.catch(() => {});
  let isDead = false;
  const door: ServerDoor = {
    ask: async (page) => (isDead ? given : page === 'varz' ? { server_name: 'n1' } : {}),
  };
  const events: OwnEvent[] = [];
  const server = new WatchedServer({
    ...{ address: 'ID', door, limit: new DetailLimit(10, 10), staleMs: 1000 },
    sink: { publish: (event) => events.push(event) },
  });
  return {
    server,
    die: () => {
      isDead = true;
    },
    giveUp,
    said: () => events.map(({ type, fields }) => [type, fields.server, fields.reason]),
  };
}

const UP = ['ServerUp', 'n1', undefined];
const PROBED = ['ServerProbed', 'n1', undefined];

describe('a server that is watched no longer', () => {
  it('is down when another was found in its place, and its answers that never came are no news after that', async () => {
    const { server, die, giveUp, said } = watched();
    await server.look();
    die();
    const look = server.look();
    server.leave('it was started anew');
    const told = [UP, PROBED, ['ServerDown', 'n1', 'it was started anew']];
    expect(said()).toEqual(told);
    giveUp();
    await look;
    expect(said()).toEqual(told);
  });

  it('is not told of again where nobody wants to know, nor as down where it was', async () => {
    const unwanted = watched();
    await unwanted.server.look();
    unwanted.die();
    const look = unwanted.server.look();
    unwanted.server.leave();
    unwanted.giveUp();
    await look;
    expect(unwanted.said()).toEqual([UP, PROBED]);

    const down = watched();
    down.die();
    down.giveUp();
    await down.server.look();
    down.server.leave('it was started anew');
    expect(down.said()).toEqual([['ServerDown', 'ID', 'no answer']]);
  });
});
