/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/**
 * A worker that opens, and dies of the first unit of work.
 *
 * @module
 */
self.onmessage = ({ data }) => {
  if (data.type === "open") {
    self.postMessage({ type: "opened", provider: "cpu" });
  } else {
    throw new Error("out of order");
  }
};
