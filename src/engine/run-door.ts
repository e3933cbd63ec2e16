import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { messageOf, StormglassError } from '../base/errors.js';
import type { HandAnswer, HandRequest } from '../contracts/hand.js';

/** For nobody but the user who runs it, and root. */
const OWN_ONLY = 0o600;
/** More than any request needs. */
const LONGEST_REQUEST = 64 * 1024;

/** Answers one request; what it throws is said to who asked. `gone` aborts when nobody listens any more. */
export type AnswerHand = (
  request: HandRequest,
  say: (answer: HandAnswer) => void,
  gone: AbortSignal,
) => Promise<void>;

/** The unix socket by which a user's other commands reach a run that goes on. Disposing of it removes it. */
export class RunDoor implements AsyncDisposable {
  readonly #server: Server;
  readonly #path: string;
  readonly #open = new Set<Socket>();

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
  }

  /** Rejects with what the file system says. */
  static async open(path: string, answer: AnswerHand): Promise<RunDoor> {
    const server = createServer();
    const door = new RunDoor(server, path);
    server.on('connection', (socket) => door.#serve(socket, answer));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // Without this, others could come in between its making and the change of its mode. It is made in this very call:
      // what else is made meanwhile, such as directories, has the mode that it should.
      const before = process.umask(0o177);
      try {
        server.listen(path, resolve);
      } finally {
        process.umask(before);
      }
    });
    chmodSync(path, OWN_ONLY);
    server.unref();
    return door;
  }

  #serve(socket: Socket, answer: AnswerHand): void {
    const gone = new AbortController();
    this.#open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#open.delete(socket);
      gone.abort(new Error('nobody listens any more'));
    });
    const say = (one: HandAnswer) => {
      if (!socket.destroyed) socket.write(`${JSON.stringify(one)}\n`);
    };
    let read = 0;
    socket.on('data', (chunk: Buffer) => {
      read += chunk.length;
      if (read > LONGEST_REQUEST) socket.destroy();
    });
    const lines = createInterface({ input: socket });
    // It passes on what the socket meets: whoever asked and has gone must not end the run.
    lines.on('error', () => {});
    lines.once('line', async (line) => {
      try {
        await answer(JSON.parse(line) as HandRequest, say, gone.signal);
      } catch (error) {
        const known = error instanceof StormglassError ? error : undefined;
        say({
          say: 'error',
          exit: known?.exit ?? 'unexpected',
          text: messageOf(error),
          ...(known?.hint !== undefined && { hint: known.hint }),
        });
      }
      socket.end();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open) socket.destroySoon();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#path, { force: true });
  }
}
