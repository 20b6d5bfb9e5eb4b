import { assert, assertEquals } from "@std/assert";
import { GATE_LIMITS } from "../../lib/http/gate.ts";
import { parseKeys } from "../../lib/http/keys.ts";
import { startServer } from "../session/test_server.ts";

const DEPLOY = new URL("../../deploy/", import.meta.url);

function read(name: string): Promise<string> {
  return Deno.readTextFile(new URL(name, DEPLOY));
}

Deno.test("every metric of the dashboard is one of the server's", async () => {
  await using server = startServer({ gate: GATE_LIMITS });
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const types = new Map(
    text.matchAll(/^# TYPE (\S+) (\S+)$/gm).map((m) => [m[1]!, m[2]!]),
  );
  const dashboard = JSON.parse(await read("grafana.json"));
  const used = new Set<string>();
  for (const panel of dashboard.panels) {
    assert(panel.targets.length > 0, panel.title);
    for (const { expr } of panel.targets) {
      const names = expr.match(/prestissimo_\w+/g) ?? [];
      assert(names.length > 0, expr);
      for (const name of names) {
        const base = name.replace(/_(bucket|sum|count)$/, "");
        const known = types.has(name) || types.get(base) === "histogram";
        assert(known, `${panel.title}: ${name}`);
        used.add(name);
      }
    }
  }
  assert(used.size > 20);
});

Deno.test("labels in the dashboard's legends are labels of the metrics", async () => {
  const source = await Deno.readTextFile(
    new URL("../../lib/telemetry.ts", import.meta.url),
  );
  for (const { targets } of JSON.parse(await read("grafana.json")).panels) {
    for (const { legendFormat, expr } of targets) {
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        assert(expr.includes(label), `${expr} does not keep ${label}`);
        assert(label === "instance" || source.includes(`"${label}"`), label);
      }
    }
  }
});

Deno.test("the example of keys is one that the server takes", async () => {
  const keys = parseKeys(await read("keys.example.json"), "keys.example.json");
  assertEquals(keys.map(({ name }) => name), ["studio", "radio", "guest"]);
});

Deno.test("the image takes the variables and files that there are", async () => {
  const config = await Deno.readTextFile(
    new URL("../../lib/config.ts", import.meta.url),
  );
  const image = await read("Containerfile");
  for (const [, path] of image.matchAll(/^COPY (.+) \S+$/gm)) {
    for (const each of path!.split(" ")) {
      await Deno.stat(new URL(each, new URL("../../", import.meta.url)));
    }
  }
  const named = [
    ...(await read("kubernetes.yaml")).matchAll(/name: ([A-Z_]+), value/g),
    ...(await read("compose.yaml")).matchAll(/^ {6}([A-Z_]+): /gm),
    ...(await read("compose.cluster.yaml")).matchAll(/^ {6}([A-Z_]+): /gm),
    ...image.match(/^ENV HOST.*$/m)![0].matchAll(/([A-Z_]+)=/g),
  ].map((match) => match[1]!);
  assert(named.length > 10);
  for (const name of named) assert(config.includes(`"${name}"`), name);
});

Deno.test("NATS has JetStream wherever there is more than one gateway", async () => {
  for (const name of ["compose.cluster.yaml", "kubernetes.yaml"]) {
    const text = await read(name);
    assert(
      /image: \S+\/nats:\S+\n(.*\n)?\s+(command|args): \["-js"/.test(text),
      name,
    );
  }
});

Deno.test("what Kubernetes probes is there; a drain fits into what it waits", async () => {
  await using server = startServer();
  const text = await read("kubernetes.yaml");
  const probed = [...text.matchAll(/path: (\/\w+), port: http/g)];
  assert(probed.length >= 3);
  for (const [, path] of probed) {
    assertEquals((await fetch(`${server.url}${path}`)).status, 200);
  }
  const number = (pattern: RegExp) => Number(pattern.exec(text)![1]);
  const drainMs = number(/DRAIN_MS, value: "(\d+)"/);
  const grace = number(/terminationGracePeriodSeconds: (\d+)/);
  const pause = number(/"sleep", "(\d+)"/);
  assert(grace > pause + drainMs / 1000);
});
