import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/**
 * What a window manager does about the focus, for a display that has none: the newest window gets
 * it, and when that goes, the one before. Without it a GTK window never learns that it lost the
 * focus. A client of the X11 protocol, with the four requests and events that this takes.
 */
export async function startFocusManager(display: string): Promise<{ stop(): void }> {
  const socket = connect(`/tmp/.X11-unix/X${display.slice(1)}`);
  await once(socket, 'connect');
  // Little endian, version 11.0, no authorisation.
  socket.write(Buffer.from([0x6c, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
  const packets = readPackets(socket);
  const setup = await packets.next();
  if (setup.done) throw new Error('The X server hung up.');
  watchWindows(socket, rootWindow(setup.value));
  const done = follow(socket, packets);
  return {
    stop() {
      socket.destroy();
      done.catch(() => undefined);
    },
  };
}

async function follow(socket: Socket, packets: AsyncGenerator<Buffer>): Promise<void> {
  const windows: number[] = [];
  for await (const event of packets) {
    const type = (event[0] ?? 0) & 0x7f;
    const window = event.readUInt32LE(8);
    const isPlain = event[12] === 0;
    if (type === mapNotify && isPlain) {
      windows.push(window);
      setInputFocus(socket, window);
    } else if (type === unmapNotify || type === destroyNotify) {
      const index = windows.lastIndexOf(window);
      if (index === -1) continue;
      const hadFocus = index === windows.length - 1;
      windows.splice(index, 1);
      const next = windows.at(-1);
      if (hadFocus && next !== undefined) setInputFocus(socket, next);
    }
  }
}

const destroyNotify = 17;
const unmapNotify = 18;
const mapNotify = 19;

/** ChangeWindowAttributes: tell us about the children of the root window (SubstructureNotify). */
function watchWindows(socket: Socket, root: number): void {
  socket.write(request(2, 0, [root, 0x0800, 0x0008_0000]));
}

/** SetInputFocus; back to whatever the pointer is over. */
function setInputFocus(socket: Socket, window: number): void {
  socket.write(request(42, 1, [window, 0]));
}

function request(opcode: number, data: number, words: readonly number[]): Buffer {
  const buffer = Buffer.alloc(4 + 4 * words.length);
  buffer.writeUInt8(opcode, 0);
  buffer.writeUInt8(data, 1);
  buffer.writeUInt16LE(1 + words.length, 2);
  for (const [index, word] of words.entries()) buffer.writeUInt32LE(word, 4 + 4 * index);
  return buffer;
}

/** Of the first screen, behind the vendor's name and the pixmap formats. */
function rootWindow(setup: Buffer): number {
  const vendorLength = setup.readUInt16LE(24);
  const formats = setup.readUInt8(29);
  return setup.readUInt32LE(40 + 4 * Math.ceil(vendorLength / 4) + 8 * formats);
}

/** First the answer to the connection, then errors and events of 32 bytes each. */
async function* readPackets(socket: Socket): AsyncGenerator<Buffer> {
  let bytes = Buffer.alloc(0);
  let isConnected = false;
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    for (;;) {
      if (bytes.length < 8) break;
      const length = isConnected ? 32 : 8 + 4 * bytes.readUInt16LE(6);
      if (bytes.length < length) break;
      isConnected = true;
      yield bytes.subarray(0, length);
      bytes = bytes.subarray(length);
    }
  }
}
