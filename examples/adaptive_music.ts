/**
 * The music of a game that follows what happens in it: explore, tension, fight,
 * victory. The music goes to stdout, what happens to stderr:
 *
 * ```sh
 * deno run --allow-net examples/adaptive_music.ts | ffplay -f s16le -ar 48000 -ch_layout stereo -
 * ```
 *
 * Arguments: the server's URL, and how many seconds each state lasts here.
 *
 * @module
 */
import { connect, type Stream, type UpdateOptions } from "../lib/client/mod.ts";

/** What the game is in. */
type State = "explore" | "tension" | "fight" | "victory";

/** How each state sounds, and how the music gets there. */
const MUSIC: Record<State, UpdateOptions> = {
  explore: {
    prompts: [{ text: "calm orchestral exploration with harp and strings" }],
    energy: 0.2,
    parts: { drums: false, bass: true, harmony: true, melody: true },
    // A landscape has time: the next line of the song, over two bars.
    at: "4bar",
    ramp: { beats: 8 },
  },
  tension: {
    prompts: [
      { text: "calm orchestral exploration with harp and strings", weight: 1 },
      { text: "dark suspense with low strings and pulsing bass", weight: 3 },
    ],
    energy: 0.5,
    parts: { drums: false, bass: true, harmony: true, melody: false },
    at: "bar",
    ramp: { beats: 4 },
  },
  fight: {
    prompts: [{ text: "epic boss fight with taiko drums and brass" }],
    energy: 0.95,
    parts: { drums: true, bass: true, harmony: true, melody: true },
    // A fight does not wait for the bar.
    at: "beat",
  },
  victory: {
    prompts: [{ text: "triumphant fanfare with brass and choir" }],
    energy: 0.7,
    parts: { drums: true, bass: true, harmony: true, melody: true },
    at: "bar",
    ramp: { beats: 2 },
  },
};

/** What may follow what. */
const NEXT: Record<State, readonly State[]> = {
  explore: ["tension"],
  tension: ["explore", "fight"],
  fight: ["victory", "tension"],
  victory: ["explore"],
};

/** The state machine; the game says what happens, the stream plays it. */
class GameMusic {
  #state: State = "explore";
  readonly #stream: Stream;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** Begins the change to another state; resolves to when it is heard. */
  async enter(state: State): Promise<{ beat: number; delayMs: number }> {
    if (!NEXT[this.#state].includes(state)) {
      throw new RangeError(`${state} cannot follow ${this.#state}`);
    }
    this.#state = state;
    const { at_beat, delay_ms } = await this.#stream.update(MUSIC[state]);
    return { beat: at_beat, delayMs: delay_ms };
  }
}

const [url = "http://127.0.0.1:8080", seconds = "8"] = Deno.args;
await using client = await connect(url);
const { at: _at, ramp: _ramp, ...first } = MUSIC.explore;
const stream = client.play({
  ...first,
  prompts: first.prompts!,
  bpm: 120,
  format: { codec: "pcm_s16le" },
  // A game wants to be heard soon.
  lead_ms: 200,
});
const { bpm, meter } = await stream.started;
console.error(`explore: ${bpm} beats a minute, ${meter} a bar`);

const music = new GameMusic(stream);
const wait = () => new Promise((wake) => setTimeout(wake, +seconds * 1000));

/** What happens in the game. */
async function story(): Promise<void> {
  for (const state of ["tension", "fight", "victory", "explore"] as const) {
    await wait();
    const { beat, delayMs } = await music.enter(state);
    const soon = `in ${delayMs.toFixed(0)} ms`;
    console.error(`${state}: heard from beat ${beat.toFixed(2)} on, ${soon}`);
    if (state !== "victory") continue;
    // A sting of a bar, over the music, from the same connection.
    const sting = client.play({
      prompts: [{ text: "short brass sting, major" }],
      duration: { bars: 1 },
      bpm: 120,
      format: { codec: "pcm_s16le" },
    });
    const end = await sting.finished;
    if (end.type === "done") console.error(`sting: ${end.samples} samples`);
  }
  await wait();
  await stream.cancel();
}

const told = story();
for await (const { payload } of stream) await write(payload);
await told;

async function write(bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await Deno.stdout.write(bytes.subarray(at));
  }
}
