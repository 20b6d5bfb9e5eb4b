/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/**
 * The inference worker, whose URL says how it ends:
 * `?die=N` throws in the middle of its Nth unit of work, `?hang=N` never ends it.
 *
 * @module
 */
import "../../lib/inference/worker.ts";

const query = new URL(import.meta.url).searchParams;
const serve: (event: MessageEvent) => unknown = self.onmessage!.bind(self);
let units = 0;

self.onmessage = (event: MessageEvent) => {
  if (event.data.type === "work") {
    units++;
    if (units === Number(query.get("hang"))) { for (;;); }
    if (units === Number(query.get("die"))) {
      setTimeout(() => {
        throw new Error("killed");
      });
    }
  }
  return serve(event);
};
