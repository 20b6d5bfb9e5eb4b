/**
 * What a machine does to a server that plays: its clock is stepped, it runs out
 * of file descriptors or of memory, its disks are full or cannot be written.
 *
 * @module
 */
import { assert } from "@std/assert";
import { pause, Server } from "../e2e/server.ts";
import { start, TestClient } from "../session/test_server.ts";

/** A fault: returns what happened, or throws if it is not what should. */
export interface Fault {
  name: string;
  /** Program that it needs. */
  needs: string;
  /** Shell command that fails where one is not allowed to bring it about. */
  allowed: string;
  run(): Promise<string>;
}

const FRAMES_A_SECOND = 50;

/**
 * Plays a live stream while `during` runs, in which packets have to go on: not
 * fewer than asked for, and no more than real time and the lead allow.
 */
async function playThrough(
  server: Server,
  during: (client: TestClient, goesOn: () => Promise<void>) => Promise<void>,
): Promise<string> {
  await using client = new TestClient(server.wsUrl);
  const began = performance.now();
  client.send(start({ duration: null, pace: "realtime" }));
  await client.next("frame");
  await during(client, async () => {
    const heard = client.frames.length;
    await client.next("frame", ({ seq }) => seq >= heard + FRAMES_A_SECOND);
  });
  const { frames } = client;
  frames.forEach(({ seq }, i) => assert(seq === i, `packet ${i} is ${seq}`));
  const seconds = (performance.now() - began) / 1000;
  const most = FRAMES_A_SECOND * (seconds + 1);
  assert(frames.length < most, `${frames.length} packets in ${seconds} s`);
  assert(client.all("error").length === 0);
  return `${frames.length} packets in ${seconds.toFixed(1)} s`;
}

/** Runs a shell command as it is. */
async function sh(command: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", command],
  }).output();
  if (success) return new TextDecoder().decode(stdout).trim();
  throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
}

async function withFolder(run: (folder: string) => Promise<string>) {
  const folder = await Deno.makeTempDir();
  try {
    return await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The wall clock is set an hour on, and an hour back, under a live stream. */
function stepClock(): Promise<string> {
  return withFolder(async (folder) => {
    const file = `${folder}/offset`;
    const step = (seconds: string) => Deno.writeTextFile(file, `${seconds}\n`);
    await step("+0");
    await using server = await Server.start({
      env: {
        // The loader knows what $LIB is here.
        LD_PRELOAD: "/usr/$LIB/faketime/libfaketimeMT.so.1",
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: "1",
        // Nobody can set the monotonic clock; its name depends on the version.
        ...{ FAKETIME_DONT_FAKE_MONOTONIC: "1", DONT_FAKE_MONOTONIC: "1" },
      },
    });
    return await playThrough(server, async (client, goesOn) => {
      for (const hours of [0, 1, -1, 0]) {
        await step(`${hours < 0 ? "" : "+"}${3600 * hours}`);
        client.send({ type: "ping", t: hours });
        const { server_time_ms } = await client.next(
          "pong",
          ({ t }) => t === hours,
        );
        const off = (server_time_ms - Date.now()) / 3_600_000 - hours;
        assert(Math.abs(off) < 0.1, `the clock is ${off} hours off`);
        await goesOn();
        client.send({ type: "update", stream: "a", energy: 0.5 });
        await client.next("scheduled");
        await goesOn();
      }
    });
  });
}

/** More connections than there are file descriptors, with and without the gate. */
async function exhaustFiles(): Promise<string> {
  return [await exhaust("on"), await exhaust("off")].join("; ");
}

async function exhaust(gate: "on" | "off"): Promise<string> {
  await using server = await Server.start({
    env: { GATE: gate, MAX_CONNECTIONS_PER_ADDRESS: "10000" },
    wrap: ["prlimit", "--nofile=120"],
  });
  return await playThrough(server, async (_, goesOn) => {
    const { hostname, port } = new URL(server.url);
    const crowd: Deno.TcpConn[] = [];
    for (let i = 0; i < 300; i++) {
      try {
        crowd.push(await Deno.connect({ hostname, port: Number(port) }));
      } catch {
        // Refused is well, too.
      }
    }
    await goesOn();
    for (const each of crowd) each.close();
    await goesOn();
    await using visitor = new TestClient(server.wsUrl);
    visitor.send(start());
    await visitor.next("done");
    // There were indeed none left.
    const name = 'prestissimo_gate_refusals_total{why="cannot accept"}';
    assert(await server.metric(name) > 0);
  });
}

/** What the server logs goes to a disk that is full. */
function fillDisk(): Promise<string> {
  return withFolder(async (folder) => {
    await sh(`mount -t tmpfs -o size=64k tmpfs ${folder}`);
    try {
      await sh(`head -c 65536 /dev/zero > ${folder}/filler || true`);
      const log = `exec "$@" 2>> ${folder}/log`;
      await using server = await Server.start({
        wrap: ["sh", "-c", log, "sh"],
      });
      const played = await playThrough(server, async (client, goesOn) => {
        await using visitor = new TestClient(server.wsUrl);
        visitor.send(start());
        await visitor.next("done");
        client.send({ type: "update", stream: "a", energy: 0.5 });
        await client.next("scheduled");
        await goesOn();
      });
      const bytes = await sh(`stat -c %s ${folder}/log`);
      assert(bytes === "0", `${bytes} bytes were logged`);
      return played;
    } finally {
      await sh(`umount -l ${folder}`);
    }
  });
}

/** Nothing at all can be written, by the server or by Deno. */
async function writeNothing(): Promise<string> {
  const script = "mount -o remount,ro,bind / && ! touch /tmp/x 2> /dev/null " +
    '&& exec "$@"';
  await using server = await Server.start({
    wrap: ["unshare", "--mount", "sh", "-c", script, "sh"],
  });
  return await playThrough(server, async (client, goesOn) => {
    const clip = await fetch(`${server.url}/v1/generate?prompt=x&seconds=1`);
    assert((await clip.arrayBuffer()).byteLength > 1000);
    client.send({ type: "update", stream: "a", energy: 0.5 });
    await client.next("scheduled");
    await goesOn();
  });
}

/** The shipped model and eight streams within 1 GB. */
async function boundMemory(): Promise<string> {
  const limit = 1 << 30;
  const v1 = "/sys/fs/cgroup/memory";
  const old = await sh(`test -d ${v1} && echo yes || echo no`) === "yes";
  const group = `${old ? v1 : "/sys/fs/cgroup"}/prestissimo-${Deno.pid}`;
  const [limitFile, peakFile] = old
    ? ["memory.limit_in_bytes", "memory.max_usage_in_bytes"]
    : ["memory.max", "memory.peak"];
  await sh(`mkdir ${group} && echo ${limit} > ${group}/${limitFile}`);
  const result = await withinGroup(group, peakFile!);
  // It is empty as soon as the server has gone.
  for (let tries = 0; tries < 100; tries++) {
    if (await sh(`rmdir ${group} 2> /dev/null && echo gone || true`)) break;
    await pause(50);
  }
  return result;
}

async function withinGroup(group: string, peakFile: string): Promise<string> {
  await using server = await Server.start({
    env: { MODELS: "models/pocket" },
    wrap: ["sh", "-c", `echo $$ > ${group}/cgroup.procs && exec "$@"`, "sh"],
  });
  await using crowd = new TestClient(server.wsUrl);
  for (let i = 1; i < 8; i++) {
    crowd.send(start({ stream: `s${i}`, duration: null, pace: "realtime" }));
  }
  const played = await playThrough(server, async (_, goesOn) => {
    for (let second = 0; second < 5; second++) await goesOn();
  });
  assert(crowd.all("error").length === 0);
  const peak = Number(await sh(`cat ${group}/${peakFile}`)) / 2 ** 20;
  return `${played} of each of 8 streams, peak ${peak.toFixed(0)} MB`;
}

const MAY_MOUNT = "unshare --mount true";

/** All of them. */
export const FAULTS: Fault[] = [
  { name: "clock", needs: "faketime", allowed: "true", run: stepClock },
  { name: "files", needs: "prlimit", allowed: "true", run: exhaustFiles },
  { name: "disk", needs: "mount", allowed: MAY_MOUNT, run: fillDisk },
  { name: "readonly", needs: "unshare", allowed: MAY_MOUNT, run: writeNothing },
  {
    name: "memory",
    needs: "rmdir",
    allowed: "test -w /sys/fs/cgroup/memory -o -w /sys/fs/cgroup/cgroup.procs",
    run: boundMemory,
  },
];

/** True if this may be done here; says so if not. */
export async function isAllowed({ name, allowed }: Fault): Promise<boolean> {
  try {
    await sh(allowed);
    return true;
  } catch {
    console.warn(`SKIPPED: "${name}" needs more rights: ${allowed}`);
    return false;
  }
}
