/**
 * A crowd that listens to one stream over HTTP and WebSocket. Whatever each of
 * them gets is held against the packets of the connection that plays it.
 *
 * @module
 */
import { TestClient } from "../session/test_server.ts";
import { pause, start } from "../session/test_server.ts";
import { OggReader } from "./ogg_reader.ts";

/** Samples of a packet, 48 kHz, and how many are a page. */
const FRAME_SAMPLES = 960;
const PAGE_PACKETS = 5;

/** Options of {@linkcode gatherCrowd}. */
export interface CrowdOptions {
  url: string;
  wsUrl: string;
  /** Listeners of `/v1/listen/{id}`. */
  http: number;
  /** Listeners by `join`, each on a connection of its own. */
  websocket: number;
  /** They come evenly over this time, in s. */
  joinSeconds: number;
  /** All of them listen for so long, in s. */
  seconds: number;
  /** Called when all are there, and when that has been so for `seconds`. */
  onAll?: (when: "here" | "over") => Promise<void>;
}

/** What the crowd heard. */
export interface CrowdReport {
  /** Packets that the stream had. */
  packets: number;
  /** Packets that listeners got, over all of them. */
  heard: number;
  /** Listeners that missed a packet after their first, or got another's bytes. */
  wrong: string[];
  /**
   * From the end of a late listener's first page or packet to the newest packet
   * that was out when it asked, in packets; negative: newer than that.
   */
  behind: number[];
  /** Times that the stream came too late for its own listener. */
  underruns: number;
}

/** Plays one stream to a crowd until all have listened for long enough. */
export async function gatherCrowd(options: CrowdOptions): Promise<CrowdReport> {
  const { url, wsUrl, http, websocket, joinSeconds, seconds } = options;
  const stage = new Stage(wsUrl);
  const id = await stage.play();
  const count = http + websocket;
  const listeners: Promise<Ear>[] = [];
  for (let i = 0; i < count; i++) {
    const ear = new Ear(stage);
    // One kind among the other, so that neither has the server for itself.
    const over = Math.floor((i + 1) * websocket / count) >
        Math.floor(i * websocket / count)
      ? joinOverWebSocket(ear, wsUrl, id)
      : listenOverHttp(ear, `${url}/v1/listen/${id}`);
    listeners.push(over.then(() => ear, (error) => ear.fail(error)));
    await pause(1000 * joinSeconds / count);
  }
  await options.onAll?.("here");
  await pause(1000 * seconds);
  await options.onAll?.("over");
  await stage.end();
  const ears = await Promise.all(listeners);
  stage.client.socket.close();
  const first = stage.firstSeqAsked;
  return {
    packets: stage.packets.length,
    heard: ears.reduce((sum, { count }) => sum + count, 0),
    wrong: ears.flatMap((ear, i) => {
      const why = ear.verdict();
      return why === null ? [] : [`listener ${i}: ${why}`];
    }),
    behind: ears.filter(({ asked }) => asked > first)
      .map(({ behind }) => behind).filter(Number.isFinite),
    underruns: stage.underruns,
  };
}

/** The connection that plays, and every packet of the stream. */
class Stage {
  readonly client: TestClient;
  readonly packets: Uint8Array[] = [];
  underruns = 0;
  /** Packets that were out when the first listener came. */
  firstSeqAsked = 0;

  constructor(wsUrl: string) {
    this.client = new TestClient(wsUrl);
  }

  /** Starts; returns the public id. */
  async play(): Promise<string> {
    this.client.send(start({ duration: null, pace: "realtime" }));
    const { public_id } = await this.client.next("started");
    const { socket } = this.client;
    const { payload } = await this.client.next("frame");
    this.packets.push(payload);
    socket.addEventListener("message", () => this.take());
    this.firstSeqAsked = this.packets.length;
    return public_id!;
  }

  /** Moves what has come to where listeners find it. */
  take(): void {
    for (const one of this.client.heard.splice(0)) {
      if (one.type === "warning" && one.code === "underrun") this.underruns++;
      if (one.type === "frame") this.packets[one.seq] = one.payload;
    }
  }

  /** Ends the stream; resolves when its last packet is known. */
  async end(): Promise<void> {
    const { socket } = this.client;
    const over = new Promise<void>((resolve) =>
      socket.addEventListener("message", ({ data }) => {
        if (typeof data === "string" && data.includes('"cancelled"')) resolve();
      })
    );
    this.client.send({ type: "cancel", stream: "a" });
    await over;
    this.take();
  }
}

/** One listener: what it was sent against what was played. */
class Ear {
  /** Packets that were out when it asked. */
  readonly asked: number;
  behind = NaN;
  count = 0;
  readonly #stage: Stage;
  /** Its next packet's number; null before the first. */
  #next: number | null = null;
  /** What came before the stage itself had it. */
  #early: Uint8Array[] = [];
  #fault: string | null = null;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.asked = stage.packets.length;
  }

  /** It begins to hear. @param edge Number after its first page or packet. */
  begin(seq: number, edge: number): void {
    this.#next = seq;
    this.behind = this.asked - edge;
  }

  hear(payload: Uint8Array): void {
    this.count++;
    this.#early.push(payload);
    this.#compare();
  }

  fail(error: unknown): Ear {
    this.#fault ??= `${(error as Error).message}`;
    return this;
  }

  /** What is wrong, or null. */
  verdict(): string | null {
    this.#compare();
    if (this.#fault !== null) return this.#fault;
    if (this.#early.length > 0) return `${this.#early.length} packets too many`;
    const missing = this.#stage.packets.length - (this.#next ?? 0);
    return missing === 0 ? null : `${missing} packets are missing at the end`;
  }

  #compare(): void {
    const { packets } = this.#stage;
    while (this.#early.length > 0 && this.#next! < packets.length) {
      const [got, wanted] = [this.#early.shift()!, packets[this.#next!]!];
      const same = got.length === wanted.length &&
        got.every((byte, i) => byte === wanted[i]);
      if (!same) this.#fault ??= `packet ${this.#next} is another`;
      this.#next!++;
    }
  }
}

/** Listens over HTTP to the end. */
async function listenOverHttp(ear: Ear, url: string): Promise<void> {
  const response = await fetch(url);
  if (response.status !== 200) {
    throw new Error(`status ${response.status}: ${await response.text()}`);
  }
  const reader = new OggReader();
  let sequence = 0;
  let ended = false;
  for await (const bytes of response.body!) {
    for (const page of reader.push(bytes)) {
      if (page.sequence !== sequence++) {
        ear.fail(new Error("a page is missing"));
      }
      ended ||= page.last;
      if (page.sequence === 0) continue;
      if (page.sequence === 1) {
        const tags = new TextDecoder().decode(page.packets[0]);
        const first = Number(/FIRST_SAMPLE=(\d+)/.exec(tags)![1]);
        const seq = first / FRAME_SAMPLES;
        ear.begin(seq, seq + PAGE_PACKETS);
      } else {for (const packet of page.packets) {
          // A stream that is cut short ends with a page of nothing.
          if (packet.length > 0) ear.hear(packet);
        }}
    }
  }
  if (!ended) throw new Error("the body ends without a last page");
}

/** Listens by `join` to the end. */
async function joinOverWebSocket(
  ear: Ear,
  url: string,
  id: string,
): Promise<void> {
  const socket = new WebSocket(url, "prestissimo.v1");
  socket.binaryType = "arraybuffer";
  await new Promise<void>((resolve, reject) => {
    socket.onerror = () => reject(new Error("a connection failed"));
    socket.onclose = () => reject(new Error("a connection was closed"));
    socket.onopen = () =>
      socket.send(JSON.stringify({ type: "join", id, stream: "radio" }));
    socket.onmessage = ({ data }) => {
      if (typeof data !== "string") {
        return ear.hear(new Uint8Array(data as ArrayBuffer, 24));
      }
      const message = JSON.parse(data);
      if (message.type === "joined") {
        const seq = message.at_sample / FRAME_SAMPLES;
        ear.begin(seq, seq);
      } else if (message.type === "ended") resolve();
      else if (message.type !== "hello") reject(new Error(data));
    };
  });
  socket.onclose = null;
  socket.close();
}
