/**
 * A WebSocket client that reads only when it is told to: a browser's or Deno's
 * own always reads.
 *
 * @module
 */

/** Opens a WebSocket over a bare TCP connection. */
export async function openRaw(port: number): Promise<Deno.TcpConn> {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = [
    "GET /v1/stream HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    "\r\n",
  ];
  await socket.write(new TextEncoder().encode(request.join("\r\n")));
  // The end of the response's head, byte by byte: frames may follow at once.
  const byte = new Uint8Array(1);
  for (let head = ""; !head.endsWith("\r\n\r\n");) {
    if (await socket.read(byte) === null) throw new Error("Closed");
    head += String.fromCharCode(byte[0]!);
  }
  return socket;
}

/** Sends a text frame, masked with zeros. */
export async function sendText(
  socket: Deno.TcpConn,
  text: string,
): Promise<void> {
  const payload = new TextEncoder().encode(text);
  const head = [0x81, 0x80 | 126, payload.length >> 8, payload.length & 255];
  const frame = new Uint8Array([...head, 0, 0, 0, 0, ...payload]);
  for (let at = 0; at < frame.length;) {
    at += await socket.write(frame.subarray(at));
  }
}

/** Reads text and binary frames until the connection closes. */
export async function* readFrames(
  socket: Deno.TcpConn,
): AsyncGenerator<string | Uint8Array, void> {
  const reader = socket.readable.getReader();
  let rest = new Uint8Array(0);
  async function take(bytes: number): Promise<Uint8Array> {
    while (rest.length < bytes) {
      const { value, done } = await reader.read();
      if (done) throw new Error("Closed");
      const more = new Uint8Array(rest.length + value.length);
      more.set(rest);
      more.set(value, rest.length);
      rest = more;
    }
    const taken = rest.slice(0, bytes);
    rest = rest.subarray(bytes);
    return taken;
  }
  try {
    for (;;) {
      const [first, second] = await take(2);
      let length = second! & 0x7f;
      if (length >= 126) {
        const wide = new DataView((await take(length === 126 ? 2 : 8)).buffer);
        length = length === 126
          ? wide.getUint16(0)
          : Number(wide.getBigUint64(0));
      }
      const payload = await take(length);
      const opcode = first! & 0x0f;
      if (opcode === 1) yield new TextDecoder().decode(payload);
      else if (opcode === 2) yield payload;
      else if (opcode === 8) return;
    }
  } finally {
    reader.releaseLock();
  }
}
