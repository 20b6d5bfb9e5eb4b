/**
 * Many streams on many workers, in virtual time: the server's own scheduler,
 * admission, load watch and quality rule, with listeners and service times in
 * place of sockets and networks.
 *
 * @module
 */
import { blocksAt, scheduleSigmas } from "../../lib/diffusion/mod.ts";
import { evaluations } from "../../lib/diffusion/sampler.ts";
import { Costs } from "../../lib/inference/costs.ts";
import { demandOf } from "../../lib/inference/demand.ts";
import { decoderPlace } from "../../lib/inference/device.ts";
import {
  decodeKey,
  denoiseKey,
  synthesiseKey,
} from "../../lib/inference/jobs.ts";
import { Load } from "../../lib/inference/load.ts";
import type { Manifest } from "../../lib/inference/manifest.ts";
import {
  type Job,
  Scheduler,
  type Unit,
} from "../../lib/inference/scheduler.ts";
import { type TaskOrder, WorkQueue } from "../../lib/inference/work_queue.ts";
import { Admission } from "../../lib/session/admission.ts";
import { qualityUnder } from "../../lib/stream/quality.ts";
import { VirtualClock } from "./clock.ts";
import { Fifo, RoundRobin } from "./orders.ts";
import { blockShapes, callName, type ServiceTimes } from "./service_times.ts";

/** Audio made ahead of what is read, as in `lib/stream`. */
const AHEAD_MS = 3000;
/** How far ahead of being heard audio is read, as a client has it unless it says. */
const LEAD_MS = 400;
/** Latent frames of decoder windows, as in `lib/stream`: the first and the others. */
const WINDOWS = [2, 24] as const;

/** Orders that can be simulated. */
export type OrderName = "edf" | "fifo" | "round-robin";

const ORDERS: Record<OrderName, () => TaskOrder<Unit<number>>> = {
  edf: () => new WorkQueue(),
  fifo: () => new Fifo(),
  "round-robin": () => new RoundRobin(),
};

/** What is simulated. */
export interface SimulationOptions {
  manifest: Manifest;
  times: ServiceTimes;
  order: OrderName;
  streams: number;
  workers: number;
  /** Workers that make PCM. */
  synthesisWorkers: number;
  /** True: they have decoder graphs too, as on a CPU. */
  decodersTwice?: boolean;
  /** Virtual length of it, in s. */
  seconds: number;
  /** Streams begin at random within this time, in s. */
  startSeconds?: number;
  /** Rows that denoiser runs share at most. */
  sharedRows?: number;
  /** True: streams that cannot be kept in time are refused, and quality gives way. */
  protect?: boolean;
  /** True: nobody waits until music is heard; what is made is counted. */
  asap?: boolean;
  /** Spread of service times around their mean, as a share. */
  jitter?: number;
  seed?: number;
}

/** What came of it. */
export interface SimulationResult {
  /** Streams that were let in. */
  admitted: number;
  refused: number;
  /** Moments at which a listener had nothing to hear. */
  underruns: number;
  /** Listeners that had such a moment. */
  stumbled: number;
  /** From start to first audio, in ms. */
  firstMs: { p50: number; p99: number };
  /** Share of the music that was made with less. */
  degraded: number;
  /** Music made a second, over all streams, in s. */
  throughput: number;
  /** Share of the time that network workers were at work. */
  busy: number;
}

/** Runs one simulation; the same options give the same result. */
export async function simulate(
  options: SimulationOptions,
): Promise<SimulationResult> {
  const world = new World(options);
  return await world.run();
}

class World {
  readonly #options: SimulationOptions;
  readonly #clock = new VirtualClock();
  readonly #load = new Load();
  readonly #networks: Scheduler<number>;
  readonly #synthesis: Scheduler<number>;
  readonly #admission = new Admission(1e9);
  readonly #shapes: ReturnType<typeof blockShapes>;
  readonly #random: () => number;
  #underruns = 0;
  #stumbled = 0;
  #refused = 0;
  readonly #firstMs: number[] = [];
  #framesMade = 0;
  #framesDegraded = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#shapes = blockShapes(options.manifest);
    this.#random = generator(options.seed ?? 1);
    const costs = new Costs();
    const make = (workers: number) => {
      const scheduler = new Scheduler<number>({
        costs,
        order: ORDERS[options.order](),
        now: () => this.#clock.nowMs,
        turn,
        onStart: (task, nowMs) => this.#load.started(task, nowMs),
      });
      for (let i = 0; i < workers; i++) scheduler.add(i);
      return scheduler;
    };
    this.#networks = make(options.workers);
    this.#synthesis = make(options.synthesisWorkers);
    this.#learnCosts();
  }

  async run(): Promise<SimulationResult> {
    const { streams, seconds, workers, manifest, startSeconds = 0 } =
      this.#options;
    for (let i = 0; i < streams; i++) {
      const atMs = 1000 * startSeconds * this.#random();
      this.#clock.sleep(atMs).then(() => this.#stream(i));
    }
    await this.#clock.run(1000 * seconds);
    const sorted = this.#firstMs.toSorted((a, b) => a - b);
    const quantile = (q: number) =>
      sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? NaN;
    const frameSeconds = manifest.latent.hop_samples / 48_000;
    return {
      admitted: streams - this.#refused,
      refused: this.#refused,
      underruns: this.#underruns,
      stumbled: this.#stumbled,
      firstMs: { p50: quantile(0.5), p99: quantile(0.99) },
      degraded: this.#framesDegraded / Math.max(1, this.#framesMade),
      throughput: this.#framesMade * frameSeconds / seconds,
      busy: this.#networks.busyMs / (1000 * seconds * workers),
    };
  }

  /** The server measures itself before anybody comes. */
  #learnCosts(): void {
    const { manifest: { id, decoder }, times } = this.#options;
    for (const [name, ms] of Object.entries(times.denoise)) {
      const [frames, blocks, rows] = name.split("/");
      const known = blocks === "all" ? null : Number(blocks);
      const key = denoiseKey(id, Number(frames), known);
      this.#networks.costs.record(key, Number(rows), ms);
    }
    for (const [frames, { graph, synthesis }] of Object.entries(times.decode)) {
      const window = Number(frames) + decoder.context_frames;
      this.#networks.costs.record(decodeKey(id, window), 1, graph);
      this.#synthesis.costs
        .record(synthesiseKey(id, Number(frames)), 1, synthesis);
    }
  }

  /** One stream from its start to the end of the simulation. */
  async #stream(owner: number): Promise<void> {
    const { manifest, protect = false, asap = false } = this.#options;
    const { sampler, latent } = manifest;
    if (protect) {
      const device = { networks: this.#networks, synthesis: this.#synthesis };
      // Only costs and numbers of workers are asked for.
      const demand = demandOf(manifest, sampler.steps, device as never);
      try {
        this.#admission.enter("websocket", demand);
      } catch {
        this.#refused++;
        return;
      }
    }
    const clock = this.#clock;
    const frameMs = latent.hop_samples / 48;
    const startMs = clock.nowMs;
    /** When music position 0 is heard; unknown before there is any. */
    let zeroMs = NaN;
    let madeMs = 0;
    let stumbled = false;
    for (let block = 0;; block++) {
      const readMs = Number.isNaN(zeroMs) ? 0 : clock.nowMs - zeroMs + LEAD_MS;
      if (!asap && madeMs - readMs > AHEAD_MS) {
        await clock.sleep(madeMs - readMs - AHEAD_MS);
      }
      const shape = this.#shapes[Math.min(block, this.#shapes.length - 1)]!;
      const interactive = block === 0;
      const dueMs = () => Number.isNaN(zeroMs) ? startMs : zeroMs + madeMs;
      const quality = qualityUnder(
        protect && !asap ? this.#load.pressure : 0,
        manifest,
        sampler.steps,
      );
      await this.#denoise(shape.total, quality, () => ({
        ...{ deadlineMs: dueMs(), interactive, owner },
      }));
      for (let left = shape.frames; left > 0;) {
        const frames = madeMs === 0 ? WINDOWS[0] : Math.min(WINDOWS[1], left);
        await this.#decode(frames, { deadlineMs: dueMs(), interactive, owner });
        const lateMs = clock.nowMs - dueMs();
        if (Number.isNaN(zeroMs)) {
          this.#firstMs.push(clock.nowMs - startMs);
          zeroMs = clock.nowMs;
        } else if (!asap && lateMs > 0) {
          this.#underruns++;
          if (!stumbled) this.#stumbled++;
          stumbled = true;
          zeroMs += lateMs;
        }
        madeMs += frames * frameMs;
        left -= frames;
        this.#framesMade += frames;
        const less = quality.steps < sampler.steps ||
          quality.mostBlocks !== null;
        if (less) this.#framesDegraded += frames;
      }
    }
  }

  async #denoise(
    total: number,
    quality: ReturnType<typeof qualityUnder>,
    options: () => { deadlineMs: number; interactive: boolean; owner: number },
  ): Promise<void> {
    const { manifest: { id, sampler, denoiser: { budgets } }, sharedRows = 1 } =
      this.#options;
    const sigmas = scheduleSigmas(sampler.schedule, quality.steps);
    const calls = evaluations(sampler.kind, quality.steps);
    for (let call = 0; call < calls; call++) {
      const sigma = sigmas[Math.floor(call * quality.steps / calls)]!;
      const blocks = budgets
        ? Math.min(
          blocksAt(budgets.by_sigma, sigma),
          quality.mostBlocks ?? Infinity,
        )
        : null;
      const { guidance } = sampler;
      const rows = guidance !== null && guidance.sigma_low < sigma &&
          sigma <= guidance.sigma_high
        ? 2
        : 1;
      const job: Job<number, number, null> = {
        key: denoiseKey(id, total, blocks),
        mostRows: Math.max(rows, sharedRows),
        repeatable: true,
        rows: (each) => each,
        execute: (_, inputs) => {
          const all = inputs.reduce((sum, each) => sum + each, 0);
          const ms = this.#callMs(total, blocks, all);
          return this.#busy(ms, inputs.length);
        },
      };
      const restUnits = calls - call;
      await this.#networks.run(job, rows, { ...options(), restUnits });
    }
  }

  async #decode(
    frames: number,
    options: { deadlineMs: number; interactive: boolean; owner: number },
  ): Promise<void> {
    const { manifest: { id, decoder }, times } = this.#options;
    const known = times.decode[frames];
    const whole = times.decode[WINDOWS[1]]!;
    const share = frames / WINDOWS[1];
    const { graph, synthesis } = known ??
      { graph: whole.graph * share, synthesis: whole.synthesis * share };
    const job = (key: string, ms: number): Job<number, null, null> => ({
      key,
      mostRows: 1,
      repeatable: true,
      rows: () => 1,
      execute: () => this.#busy(ms, 1),
    });
    const window = frames + decoder.context_frames;
    const place = decoderPlace({
      networks: this.#networks,
      synthesis: this.#synthesis,
      decodersTwice: this.#options.decodersTwice ?? false,
    });
    await place.run(job(decodeKey(id, window), graph), null, options);
    const pcm = job(synthesiseKey(id, frames), synthesis);
    await this.#synthesis.run(pcm, null, options);
  }

  #callMs(total: number, blocks: number | null, rows: number): number {
    const { denoise } = this.#options.times;
    const exact = denoise[callName(total, blocks, rows)];
    return exact ?? denoise[callName(total, blocks, 1)]! * rows;
  }

  async #busy(meanMs: number, count: number) {
    const { jitter = 0 } = this.#options;
    const ms = meanMs * (1 + jitter * (2 * this.#random() - 1));
    await this.#clock.sleep(ms);
    return { outputs: new Array<null>(count).fill(null), ms };
  }
}

/** More turns than there are awaits between a unit's end and its stream's next. */
async function turn(): Promise<void> {
  for (let i = 0; i < 16; i++) await null;
}

/** Numbers from 0 to 1 (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
