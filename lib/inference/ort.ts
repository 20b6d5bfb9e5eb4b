/**
 * ONNX Runtime as the worker uses it: sessions and execution providers.
 *
 * @module
 */
import type { Provider } from "./engine.ts";
import { oneLine } from "./one_line.ts";

/** The module, handed in by the one file that imports it. */
export type Ort = typeof import("onnxruntime-node");
/** A loaded graph. */
export type Session = import("onnxruntime-node").InferenceSession;

/** In the order in which they are tried. */
const PROVIDERS: readonly Provider[] = ["cuda", "webgpu", "cpu"];

/** Where and how graphs run. */
export interface SessionOptions {
  provider: Provider;
  /** Threads of one run. */
  threads: number;
}

/**
 * Loads a graph.
 *
 * @throws {Error} The runtime's own reason, on one line.
 */
export async function createSession(
  ort: Ort,
  path: string,
  { provider, threads }: SessionOptions,
): Promise<Session> {
  try {
    return await ort.InferenceSession.create(path, {
      // One name only: a list does not fall back, it fails with its first.
      executionProviders: [provider],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: "all",
      // Errors only; everything else is noise on stderr.
      logSeverityLevel: 3,
      extra: {
        session: {
          // Silence decays into denormal numbers, which are slow.
          set_denormal_as_zero: "1",
          // A thread that waits by spinning takes the core that serves sockets.
          intra_op: { allow_spinning: "0" },
        },
      },
    });
  } catch (error) {
    throw new Error(oneLine(error), { cause: error });
  }
}

/** What {@linkcode pickProvider} does with a provider. */
export interface Trial<T> {
  /** Loads everything, or throws and leaves nothing open. */
  open(provider: Provider): Promise<T>;
  /** How long a short piece of work takes, in ms. */
  time(opened: T): Promise<number>;
  /** Makes it ready for all work. */
  warmUp(opened: T, provider: Provider): Promise<void>;
  release(opened: T): Promise<void>;
}

/** What is open, and where. */
interface Picked<T> {
  provider: Provider;
  opened: T;
}

/**
 * Finds a provider that works.
 *
 * @param wanted "auto": the fastest of cuda, webgpu, cpu that works. That need
 * not be a GPU: a small network is hundreds of small kernels, and one that is
 * quantised for the CPU is slow elsewhere.
 * @param onSkipped Told why a provider was passed over.
 * @throws {Error} The reason why none works, or why `wanted` does not.
 */
export async function pickProvider<T>(
  wanted: Provider | "auto",
  trial: Trial<T>,
  onSkipped: (provider: Provider, reason: string) => void,
): Promise<Picked<T>> {
  if (wanted !== "auto") {
    try {
      const opened = await trial.open(wanted);
      await orRelease(trial, opened, () => trial.warmUp(opened, wanted));
      return { provider: wanted, opened };
    } catch (error) {
      throw new Error(`Cannot run on ${wanted}: ${oneLine(error)}`);
    }
  }
  const reasons: string[] = [];
  const skip = (provider: Provider, reason: string) => {
    reasons.push(`${provider}: ${reason}`);
    onSkipped(provider, reason);
  };
  const timed = await timeAll(trial, skip);
  while (timed.length > 0) {
    const { provider, opened, ms } = timed.shift()!;
    try {
      await orRelease(trial, opened, () => trial.warmUp(opened, provider));
    } catch (error) {
      skip(provider, oneLine(error));
      continue;
    }
    for (const slower of timed) {
      await trial.release(slower.opened);
      const than = `${ms.toFixed(1)} ms on ${provider}`;
      skip(slower.provider, `slower: ${slower.ms.toFixed(1)} ms, ${than}`);
    }
    return { provider, opened };
  }
  throw new Error(`Cannot run on any provider: ${reasons.join("; ")}`);
}

/** All providers that work, the fastest first. */
async function timeAll<T>(
  trial: Trial<T>,
  skip: (provider: Provider, reason: string) => void,
): Promise<(Picked<T> & { ms: number })[]> {
  const timed: (Picked<T> & { ms: number })[] = [];
  for (const provider of PROVIDERS) {
    try {
      const opened = await trial.open(provider);
      const ms = await orRelease(trial, opened, () => trial.time(opened));
      timed.push({ provider, opened, ms });
    } catch (error) {
      skip(provider, oneLine(error));
    }
  }
  return timed.sort((a, b) => a.ms - b.ms);
}

/** Nothing stays open that has failed. */
async function orRelease<T, R>(
  trial: Trial<T>,
  opened: T,
  action: () => Promise<R>,
): Promise<R> {
  try {
    return await action();
  } catch (error) {
    await trial.release(opened);
    throw error;
  }
}
