/**
 * What the server may say. Clients ignore types and fields that they do not
 * know.
 *
 * @module
 */
import * as v from "valibot";
import { ResolvedFormat } from "./audio_format.ts";
import { ErrorMessage } from "./errors.ts";
import { integer, kind, number, words } from "./fields.ts";
import { PROTOCOL } from "./limits.ts";
import { ModelInfo, ProviderName } from "./model_info.ts";
import { Receipt, ResolvedPrompt } from "./receipt.ts";

const stream = words("The stream's id.");
const reply_to = v.optional(words("The `event_id` of the message answered."));
const at_sample = integer({
  min: 0,
  description: "Position in the stream, in samples at 48 kHz.",
});

function ms(description: string) {
  return number({ min: 0, description: `${description}, in ms.` });
}

function count(description: string) {
  return integer({ min: 0, description });
}

/** First on every connection. */
export const HelloMessage = v.pipe(
  v.object({
    type: kind("hello"),
    protocol: v.pipe(
      v.literal(PROTOCOL),
      v.description("Name and version of this protocol."),
    ),
    server: v.object({
      name: words("Name of the server."),
      version: words("Version of the server."),
    }),
    session: words("Id of the connection, also in the server's log."),
    models: v.pipe(
      v.array(ModelInfo),
      v.description("The models, as in `GET /v1/models`."),
    ),
    limits: v.object({
      streams: count("Streams at once on the connection, at most."),
      prompts: count("Prompts in one mix, at most."),
      prompt_chars: count("UTF-16 code units of one prompt, at most."),
      message_bytes: count("Bytes of one text frame, at most."),
      seconds: number({
        min: 0,
        description: "Length of a finite piece, in seconds, at most.",
      }),
    }),
    provider: ProviderName,
    resume: v.optional(v.pipe(
      v.object({
        seconds: number({
          min: 0,
          description: "How long a lost connection's streams are kept, in s.",
        }),
        shared: v.pipe(
          v.boolean(),
          v.description(
            "Whether other servers at the same address can go on with them: " +
              "then a client need not wait when this one is `draining`.",
          ),
        ),
      }),
      v.description(
        "There if streams can be gone on with by `resume` with `session`. An " +
          "extension of prestissimo.v1.",
      ),
    )),
  }),
  v.description("First on every connection: who answers, and what it can do."),
);
export type HelloMessage = v.InferOutput<typeof HelloMessage>;

/** Answer to `start`. */
export const StartedMessage = v.pipe(
  v.object({
    type: kind("started"),
    stream,
    handle: integer({
      min: 0,
      max: 0xffff,
      description: "The stream's number in binary frames (u16).",
    }),
    seed: integer({ min: 0, max: 0xffffffff, description: "The seed (u32)." }),
    model: words("The model's id."),
    bpm: number({ above: 0, description: "Tempo, in beats a minute." }),
    meter: integer({ min: 1, description: "Beats a bar." }),
    prompts: v.pipe(
      v.array(ResolvedPrompt),
      v.description("The prompts with their shares, which sum to 1."),
    ),
    format: ResolvedFormat,
    public_id: v.optional(words(
      "Only for Opus: whoever knows it may listen, by `GET /v1/listen/{id}` or " +
        "`join`. An extension of prestissimo.v1.",
    )),
    reply_to,
  }),
  v.description("Answer to `start`: everything resolved. Audio follows."),
);
export type StartedMessage = v.InferOutput<typeof StartedMessage>;

/** Where the time to the first packet went. */
export const FirstAudioMessage = v.pipe(
  v.object({
    type: kind("first_audio"),
    stream,
    queue_ms: ms("Waited for the device"),
    prompt_ms: ms("Prompts encoded"),
    steps_ms: v.pipe(
      v.array(ms("One call of the denoiser")),
      v.description(
        "Each call of the denoiser, in ms; a sampler of second order has two a step.",
      ),
    ),
    decode_ms: ms("First window decoded"),
    encode_ms: ms("First packet encoded"),
    total_ms: ms("From `start` received to the first packet sent"),
  }),
  v.description("Where the time to the first packet went."),
);
export type FirstAudioMessage = v.InferOutput<typeof FirstAudioMessage>;

/** Answer to `update`. */
export const ScheduledMessage = v.pipe(
  v.object({
    type: kind("scheduled"),
    stream,
    at_sample: integer({
      min: 0,
      description:
        "The first sample that the change can be heard in, 48 kHz. " +
        "Holds exactly.",
    }),
    at_beat: number({
      min: 0,
      description: "Musical position of that sample, in beats from the start.",
    }),
    delay_ms: ms("From the update received to that sample being due"),
    reply_to,
  }),
  v.description("Answer to `update`: when the change is heard."),
);
export type ScheduledMessage = v.InferOutput<typeof ScheduledMessage>;

/** Something to know that stops nothing. */
export const WarningMessage = v.pipe(
  v.object({
    type: kind("warning"),
    stream: v.optional(stream),
    code: v.pipe(
      words(
        "What it is about: `control_ignored`, `prompt_not_understood`, " +
          "`underrun`, `slow_client`; more may come.",
      ),
      v.examples(["control_ignored"]),
    ),
    message: words("What happened, in words."),
    reply_to,
  }),
  v.description("Something to know; the stream goes on."),
);
export type WarningMessage = v.InferOutput<typeof WarningMessage>;

function held<const T extends string>(name: T, description: string) {
  return v.pipe(
    v.object({ type: kind(name), stream, at_sample, reply_to }),
    v.description(description),
  );
}

/** Answer to `pause`. */
export const PausedMessage = held(
  "paused",
  "Answer to `pause`: `at_sample` is the next sample, sent after `resume`.",
);
export type PausedMessage = v.InferOutput<typeof PausedMessage>;

/** Answer to `resume`. */
export const ResumedMessage = held(
  "resumed",
  "Answer to `resume`: the stream goes on with `at_sample`.",
);
export type ResumedMessage = v.InferOutput<typeof ResumedMessage>;

/** Answer to `reset`. */
export const ResetDoneMessage = held(
  "reset",
  "Answer to `reset`: from `at_sample` on nothing refers to what was before.",
);
export type ResetDoneMessage = v.InferOutput<typeof ResetDoneMessage>;

/** A finite stream has been sent to its end. */
export const DoneMessage = v.pipe(
  v.object({
    type: kind("done"),
    stream,
    samples: count("Exact length to keep after the pre-skip, 48 kHz."),
    end_trim: count(
      "Samples to drop from the end of the decoder's output, 48 kHz.",
    ),
    receipt: Receipt,
  }),
  v.description("A finite stream has been sent to its end."),
);
export type DoneMessage = v.InferOutput<typeof DoneMessage>;

/** Answer to `cancel`, or the end of a stream that an error ended. */
export const CancelledMessage = v.pipe(
  v.object({
    type: kind("cancelled"),
    stream,
    last_seq: integer({
      min: -1,
      description: "`seq` of the last binary frame sent; -1 if there was none.",
    }),
    end_sample: count("First sample that was not sent, 48 kHz."),
    cancel_ms: ms("From the cancel received to all work stopped"),
    reply_to,
  }),
  v.description(
    "The stream has ended at once. No binary frame of its handle follows.",
  ),
);
export type CancelledMessage = v.InferOutput<typeof CancelledMessage>;

/** Answer to `join`. */
export const JoinedMessage = v.pipe(
  v.object({
    type: kind("joined"),
    stream,
    id: words("The stream's public id."),
    handle: integer({
      min: 0,
      max: 0xffff,
      description: "The stream's number in this connection's binary frames.",
    }),
    format: ResolvedFormat,
    bpm: number({ above: 0, description: "Tempo, in beats a minute." }),
    meter: integer({ min: 1, description: "Beats a bar." }),
    at_sample,
    paused: v.pipe(
      v.boolean(),
      v.description("Whether the stream is held at the moment."),
    ),
    reply_to,
  }),
  v.description(
    "Answer to `join`: audio follows from `at_sample` on. A decoder that " +
      "begins there has converged after 80 ms. `paused` and `resumed` tell what " +
      "whoever started the stream does. A client that does not keep up misses " +
      "frames, seen in `seq` and told by a `warning`.",
  ),
);
export type JoinedMessage = v.InferOutput<typeof JoinedMessage>;

/** A stream that was joined has ended. */
export const EndedMessage = v.pipe(
  v.object({
    type: kind("ended"),
    stream,
    reason: v.pipe(
      v.picklist(["done", "cancelled"]),
      v.description("Whether it was played to its end."),
    ),
    last_seq: integer({
      min: -1,
      description: "`seq` of the last binary frame sent; -1 if there was none.",
    }),
    end_sample: count("First sample that was not sent, 48 kHz."),
    end_trim: count(
      "Samples to drop from the end of the decoder's output, 48 kHz.",
    ),
  }),
  v.description("A stream that was joined has ended. No frame of it follows."),
);
export type EndedMessage = v.InferOutput<typeof EndedMessage>;

/** Answer to `sync`. */
export const SyncedMessage = v.pipe(
  v.object({
    type: kind("synced"),
    stream,
    at_sample,
    behind_ms: number({
      description:
        "How far the stream is behind the clock at `at_sample`, in " +
        "ms; negative: ahead.",
    }),
    locked_sample: count("From this sample on the downbeats are the clock's."),
    zero_time_ms: number({
      min: 0,
      description:
        "When a client without a buffer heard sample 0, in ms since " +
        "1970 on the server's clock; an underrun or a pause moves it.",
    }),
    reply_to,
  }),
  v.description(
    "Answer to `sync`: from `at_sample` on the tempo is bent, where it has to be.",
  ),
);
export type SyncedMessage = v.InferOutput<typeof SyncedMessage>;

/** Answer to `ping`. */
export const PongMessage = v.pipe(
  v.object({
    type: kind("pong"),
    t: number({ description: "As in `ping`." }),
    server_time_ms: number({
      min: 0,
      description: "Time at the server, in ms since 1970.",
    }),
    reply_to,
  }),
  v.description("Answer to `ping`."),
);
export type PongMessage = v.InferOutput<typeof PongMessage>;

/** The server is stopping. */
export const DrainingMessage = v.pipe(
  v.object({
    type: kind("draining"),
    deadline_ms: ms("Streams end within this time from now"),
  }),
  v.description(
    "The server is stopping; streams end by the deadline, then it closes the " +
      "connection with 1012.",
  ),
);
export type DrainingMessage = v.InferOutput<typeof DrainingMessage>;

/** Everything that the server may say. */
export const ServerMessage = v.variant("type", [
  HelloMessage,
  StartedMessage,
  FirstAudioMessage,
  ScheduledMessage,
  WarningMessage,
  PausedMessage,
  ResumedMessage,
  ResetDoneMessage,
  DoneMessage,
  CancelledMessage,
  ErrorMessage,
  PongMessage,
  DrainingMessage,
  JoinedMessage,
  EndedMessage,
  SyncedMessage,
]);
export type ServerMessage = v.InferOutput<typeof ServerMessage>;
