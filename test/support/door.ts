import { type AddressInfo, connect as connectTo, createServer, type Socket } from 'node:net';

/** Stands between clients and a server at a port of 127.0.0.1; shut, nobody comes or stays in. */
export async function openDoor(port: number) {
  let isOpen = true;
  const sockets = new Set<Socket>();
  const door = createServer((inside) => {
    const outside = connectTo(port, '127.0.0.1');
    for (const socket of [inside, outside]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        inside.destroy();
        outside.destroy();
      });
    }
    if (!isOpen) inside.destroy();
    inside.pipe(outside).pipe(inside);
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const shut = () => {
    isOpen = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    access: { servers: [{ host: '127.0.0.1', port: (door.address() as AddressInfo).port }] },
    shut,
    open: () => {
      isOpen = true;
    },
    [Symbol.asyncDispose]: async () => {
      shut();
      door.close();
    },
  };
}
