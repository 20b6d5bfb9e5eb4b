/**
 * Where the music goes: a program that plays, or a file.
 *
 * @module
 */
import { wavHeader } from "../../lib/audio/wav.ts";
import { OggOpusWriter } from "../../lib/audio/ogg.ts";
import type {
  AudioFrame,
  CancelledMessage,
  DoneMessage,
  ResolvedFormat,
} from "../../lib/client/mod.ts";

/** Takes packets in order. */
export interface Sink {
  /** What the packets have to be. */
  readonly codec: "opus" | "pcm_s16le";
  /** For people: where the music goes. */
  readonly name: string;
  begin(format: ResolvedFormat): void;
  /** Rejects if nothing more can be taken. */
  write(frame: AudioFrame): Promise<void>;
  end(how: DoneMessage | CancelledMessage): Promise<void>;
}

/** Nothing more can be taken; the message says why. */
export class SinkError extends Error {
  override readonly name = "SinkError";
}

/** Programs that play raw samples from their standard input. */
const PROGRAMS: readonly [string, string[]][] = [
  ["ffplay", [
    ...["-nodisp", "-autoexit", "-loglevel", "error", "-fflags", "nobuffer"],
    ...["-f", "s16le", "-ar", "48000", "-ch_layout", "stereo", "-i", "pipe:0"],
  ]],
  ["pw-play", ["--rate", "48000", "--channels", "2", "--format", "s16", "-"]],
];

/**
 * The loudspeaker, by the first program that is there.
 *
 * @throws {SinkError} If there is none.
 */
export function loudspeaker(): Sink {
  for (const [name, args] of PROGRAMS) {
    try {
      const child = new Deno.Command(name, {
        args,
        stdin: "piped",
        stdout: "null",
        stderr: "null",
      }).spawn();
      return new ProgramSink(name, child);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new SinkError(
    "Neither ffplay nor pw-play is installed: install ffmpeg or PipeWire, " +
      "or name a file with --out",
  );
}

class ProgramSink implements Sink {
  readonly codec = "pcm_s16le";
  readonly name: string;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;

  constructor(name: string, child: Deno.ChildProcess) {
    this.name = name;
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#writer.closed.catch(() => {});
  }

  begin(): void {}

  async write({ payload }: AudioFrame): Promise<void> {
    try {
      await this.#writer.write(payload);
    } catch {
      const { code } = await this.#child.status;
      throw new SinkError(`${this.name} has ended, with exit code ${code}`);
    }
  }

  /** Waits until a piece has been heard; what is cancelled falls silent. */
  async end(how: DoneMessage | CancelledMessage): Promise<void> {
    await this.#writer.close().catch(() => {});
    try {
      if (how.type === "cancelled") this.#child.kill();
    } catch { /* it has ended */ }
    await this.#child.status;
  }
}

/** A file, by its ending. @throws {SinkError} If it cannot be written. */
export function file(path: string): Sink {
  try {
    const target = Deno.openSync(path, {
      ...{ write: true, create: true, truncate: true },
    });
    return /\.wav$/i.test(path)
      ? new WavSink(path, target)
      : new OggSink(path, target);
  } catch (error) {
    throw new SinkError(`Cannot write ${path}: ${(error as Error).message}`);
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await file.write(bytes.subarray(at));
  }
}

class WavSink implements Sink {
  readonly codec = "pcm_s16le";
  readonly name: string;
  readonly #file: Deno.FsFile;
  #samples = 0;

  constructor(name: string, file: Deno.FsFile) {
    this.name = name;
    this.#file = file;
  }

  /** The length is not known yet; the end writes it. */
  begin(): void {
    this.#file.writeSync(wavHeader({ samples: null }));
  }

  async write({ payload }: AudioFrame): Promise<void> {
    this.#samples += payload.length / 4;
    await writeAll(this.#file, payload);
  }

  async end(how: DoneMessage | CancelledMessage): Promise<void> {
    const samples = how.type === "done" ? how.samples : this.#samples;
    const header = wavHeader({ samples });
    await this.#file.truncate(header.length + samples * 4);
    await this.#file.seek(0, Deno.SeekMode.Start);
    await writeAll(this.#file, header);
    this.#file.close();
  }
}

class OggSink implements Sink {
  readonly codec = "opus";
  readonly name: string;
  readonly #file: Deno.FsFile;
  #writer: OggOpusWriter | null = null;
  #packets = 0;

  constructor(name: string, file: Deno.FsFile) {
    this.name = name;
    this.#file = file;
  }

  begin({ opus_head, frame_samples }: ResolvedFormat): void {
    this.#writer = new OggOpusWriter({
      opusHead: Uint8Array.fromBase64(opus_head!),
      frameSamples: frame_samples,
      write: (bytes) => writeAll(this.#file, bytes),
    });
  }

  async write({ payload }: AudioFrame): Promise<void> {
    this.#packets++;
    await this.#writer!.add(payload);
  }

  async end(how: DoneMessage | CancelledMessage): Promise<void> {
    const endTrim = how.type === "done" ? how.end_trim : 0;
    // Without a packet there is nothing that could end.
    if (this.#packets > 0) await this.#writer!.finish({ endTrim });
    this.#file.close();
  }
}
