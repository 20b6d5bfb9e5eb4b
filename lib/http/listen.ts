/**
 * The socket of the server.
 *
 * @module
 */

/**
 * Begins to answer requests.
 *
 * @returns The server, and the URL under which it is reached.
 * @throws {Error} If the address cannot be used; the message names it.
 */
export function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port }: { host: string; port: number },
): { server: Deno.HttpServer<Deno.NetAddr>; url: string } {
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  const hostname = name.replaceAll(/[[\]]/g, "");
  try {
    // The URL is told by the caller, once, in one form.
    const options = { hostname, port, onListen() {} };
    const server = Deno.serve(options, fetch);
    return { server, url: `http://${name}:${server.addr.port}` };
  } catch (error) {
    const why = error instanceof Deno.errors.AddrInUse
      ? "the port is in use"
      : (error as Error).message;
    throw new Error(`Cannot listen on http://${name}:${port}: ${why}`);
  }
}
