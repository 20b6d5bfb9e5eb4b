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

/** Fastest first. */
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

/**
 * Finds a provider that works.
 *
 * @param wanted "auto": the first that works of cuda, webgpu, cpu.
 * @param attempt Opens everything on a provider, or throws and leaves nothing open.
 * @param onSkipped Told why a provider was passed over.
 * @throws {Error} The reason why none works, or why `wanted` does not.
 */
export async function pickProvider<T>(
  wanted: Provider | "auto",
  attempt: (provider: Provider) => Promise<T>,
  onSkipped: (provider: Provider, reason: string) => void,
): Promise<{ provider: Provider; opened: T }> {
  if (wanted !== "auto") {
    try {
      return { provider: wanted, opened: await attempt(wanted) };
    } catch (error) {
      throw new Error(`Cannot run on ${wanted}: ${oneLine(error)}`);
    }
  }
  const reasons: string[] = [];
  for (const provider of PROVIDERS) {
    try {
      return { provider, opened: await attempt(provider) };
    } catch (error) {
      const reason = oneLine(error);
      reasons.push(`${provider}: ${reason}`);
      onSkipped(provider, reason);
    }
  }
  throw new Error(`Cannot run on any provider: ${reasons.join("; ")}`);
}
