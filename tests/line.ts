/** A line to a server that can be cut, as often as there is one, and led elsewhere. */
export function line(port: number) {
  let to = port;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const ends = new Set<Deno.TcpConn>();
  const pipes: Promise<void>[] = [];
  async function serve(): Promise<void> {
    for await (const near of listener) {
      const far = await Deno.connect({ hostname: "127.0.0.1", port: to })
        .catch(() => null);
      if (far === null) {
        near.close();
        continue;
      }
      ends.add(near).add(far);
      pipes.push(near.readable.pipeTo(far.writable).catch(() => {}));
      pipes.push(far.readable.pipeTo(near.writable).catch(() => {}));
    }
  }
  const serving = serve();
  function cut(): void {
    for (const end of ends) {
      try {
        end.close();
      } catch { /* the pipe has closed it */ }
    }
    ends.clear();
  }
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    cut,
    /** New connections go to another server. */
    lead: (port: number) => to = port,
    async [Symbol.asyncDispose]() {
      listener.close();
      cut();
      await serving;
      await Promise.all(pipes);
    },
  };
}
