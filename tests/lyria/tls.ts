/**
 * TLS before a server of plain TCP, as a reverse proxy has it: Google's Python
 * SDK speaks nothing else.
 *
 * @module
 */

/** A port of TLS; disposing of it closes everything. */
export interface TlsDoor extends Disposable {
  port: number;
  /** File of the certificate, for clients to trust. */
  certFile: string;
}

/** Opens a door to a port of the loopback, with a certificate of its own. */
export async function openTls(target: number): Promise<TlsDoor> {
  const folder = await Deno.makeTempDir();
  const certFile = `${folder}/cert.pem`;
  const keyFile = `${folder}/key.pem`;
  const { success, stderr } = await new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"],
      ...["-keyout", keyFile, "-out", certFile, "-subj", "/CN=localhost"],
      ...["-addext", "subjectAltName=DNS:localhost"],
    ],
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const [cert, key] = await Promise.all(
    [certFile, keyFile].map((file) => Deno.readTextFile(file)),
  );
  const listener = Deno.listenTls({
    ...{ hostname: "127.0.0.1", port: 0 },
    ...{ cert: cert!, key: key! },
  });
  const open = new Set<Deno.Conn>();
  (async () => {
    for await (const client of listener) {
      const server = await Deno.connect({
        hostname: "127.0.0.1",
        port: target,
      });
      for (const conn of [client, server]) open.add(conn);
      join(client, server);
      join(server, client);
    }
  })().catch(() => {});
  const port = (listener.addr as Deno.NetAddr).port;
  return {
    ...{ port, certFile },
    [Symbol.dispose]() {
      listener.close();
      for (const conn of open) close(conn);
      Deno.removeSync(folder, { recursive: true });
    },
  };
}

/** Copies until either side ends. */
function join(from: Deno.Conn, to: Deno.Conn): void {
  from.readable.pipeTo(to.writable).catch(() => {
    close(from);
    close(to);
  });
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It is closed.
  }
}
