/**
 * What a client may say. A field that is not listed is an error.
 *
 * @module
 */
import * as v from "valibot";
import {
  AudioFormat,
  DEFAULT_BITRATE,
  DEFAULT_FRAME_MS,
} from "./audio_format.ts";
import {
  CONTROL_FIELDS,
  Duration,
  Prompts,
  Quantum,
  Ramp,
} from "./controls.ts";
import { choice, flag, integer, kind, number, strict, text } from "./fields.ts";
import { MAX_STEPS } from "./limits.ts";

const ID = "1 to 64 characters of A-Z a-z 0-9 _ . -";

/** The id of a stream, chosen by the client, unique among its live streams. */
export const StreamId = v.pipe(
  v.string(ID),
  v.regex(/^[A-Za-z0-9_.-]{1,64}$/, ID),
  v.description("The stream's id, chosen by the client."),
  v.examples(["main"]),
);

/** Chosen by the client; every direct answer repeats it as `reply_to`. */
export const EventId = text({
  max: 64,
  description:
    "Chosen by the client; each direct answer repeats it as `reply_to`.",
});

const COMMON = { event_id: v.optional(EventId) };

/** What a stream is made from, on the socket and over HTTP alike. */
export const PIECE_FIELDS = {
  ...CONTROL_FIELDS,
  prompts: Prompts,
  model: v.optional(text({
    min: 1,
    max: 128,
    description: "A model's id, see `hello.models`; the first one unless said.",
  })),
  seed: v.optional(integer({
    min: 0,
    max: 0xffffffff,
    description:
      "Seed of all randomness (u32); drawn if absent, always returned.",
  })),
  duration: v.optional(v.nullable(Duration)),
  loop: v.optional(
    flag(
      "The end runs into the start without a seam; needs a duration in bars.",
    ),
    false,
  ),
  steps: v.optional(integer({
    min: 1,
    max: MAX_STEPS,
    description:
      "Sampling steps; more is finer and slower. The model's own unless said.",
  })),
  context: v.optional(text({
    min: 1,
    max: 64,
    description:
      "Id of a clip from `PUT /v1/context` that the music goes on from, at the " +
      "clip's tempo unless `bpm` is given. Not with `loop`. An extension of " +
      "prestissimo.v1.",
  })),
  pace: v.optional(choice(
    ["realtime", "asap"],
    "realtime: sent at most `lead_ms` ahead of playing; asap: as fast as it " +
      "is made. Unless said realtime for endless, asap for finite pieces.",
  )),
  lead_ms: v.optional(
    number({
      min: 40,
      max: 10_000,
      description:
        "How far ahead of real time audio is sent at pace realtime, in ms.",
    }),
    400,
  ),
};

/** A loop has to be a whole number of bars. */
export function loopHasBars(
  piece: { loop: boolean; duration?: Duration | null | undefined },
): boolean {
  return !piece.loop || (piece.duration != null && "bars" in piece.duration);
}

/** What is accepted where `loopHasBars` is false. */
export const LOOP_NEEDS_BARS = 'false, or a duration {"bars": n}';

/** Starts a stream. */
export const StartMessage = v.pipe(
  strict({
    type: kind("start"),
    ...COMMON,
    stream: StreamId,
    ...PIECE_FIELDS,
    format: v.optional(AudioFormat, {
      codec: "opus",
      bitrate: DEFAULT_BITRATE,
      frame_ms: DEFAULT_FRAME_MS,
    }),
  }),
  v.forward(v.check((piece) => loopHasBars(piece), LOOP_NEEDS_BARS), ["loop"]),
  v.description("Starts a stream. Answered by `started`, then binary frames."),
);
export type StartMessage = v.InferOutput<typeof StartMessage>;

/** Bends a stream while it plays. */
export const UpdateMessage = v.pipe(
  strict({
    type: kind("update"),
    ...COMMON,
    stream: StreamId,
    ...CONTROL_FIELDS,
    ramp: v.optional(Ramp),
    at: v.optional(Quantum, "now"),
  }),
  v.description(
    "Changes the controls that it names; what is absent stays, null gives a " +
      "control back to the model. Answered by `scheduled`.",
  ),
);
export type UpdateMessage = v.InferOutput<typeof UpdateMessage>;

/** A message that is nothing but a verb and a stream. */
function verb<const T extends string>(name: T, description: string) {
  return v.pipe(
    strict({ type: kind(name), ...COMMON, stream: StreamId }),
    v.description(description),
  );
}

/** Holds a stream. */
export const PauseMessage = verb(
  "pause",
  "Holds the stream without losing a sample. Answered by `paused`.",
);
export type PauseMessage = v.InferOutput<typeof PauseMessage>;

/** A stream that was lost with its connection, and how much of it came. */
const LostStream = strict({
  stream: StreamId,
  last_seq: integer({
    min: -1,
    max: 0xffffffff,
    description: "`seq` of the last binary frame that came; -1 if none did.",
  }),
});

/** Goes on with a held stream, or with those of a connection that was lost. */
export const ResumeMessage = v.pipe(
  strict({
    type: kind("resume"),
    ...COMMON,
    stream: v.optional(StreamId),
    session: v.optional(text({
      min: 1,
      max: 64,
      description:
        "`hello.session` of the connection that was lost, instead of `stream`. " +
        "An extension of prestissimo.v1.",
    })),
    streams: v.optional(v.pipe(
      v.array(LostStream, "a list of streams"),
      v.minLength(1, "1 to 64 streams"),
      v.maxLength(64, "1 to 64 streams"),
      v.description("The streams of `session` to go on with."),
    )),
  }),
  v.forward(
    v.check(
      ({ session, streams }) =>
        (session === undefined) === (streams === undefined),
      "the streams of a session, beside it",
    ),
    ["streams"],
  ),
  v.forward(
    v.check(
      ({ stream, session }) =>
        (session === undefined) !== (stream === undefined),
      "a stream, or a session and its streams",
    ),
    ["stream"],
  ),
  v.description(
    "With `stream`: goes on where the pause began. Answered by `resumed`. With " +
      "`session` and `streams`, where `hello.resume` is there: goes on with " +
      "streams of a connection that was lost, on this server or another that " +
      "shares its state. Each is answered by `started` with its new handle, " +
      "then `resumed` (or `paused`, if it was held), then the frames from " +
      "`last_seq` + 1 on, with all that was changed since; or by an `error` " +
      "with its `stream`. What has ended without a cancel can be asked for its " +
      "end again as long.",
  ),
);
export type ResumeMessage = v.InferOutput<typeof ResumeMessage>;

/** Forgets the musical context. */
export const ResetMessage = verb(
  "reset",
  "Forgets the musical context, keeps prompts and controls. Answered by `reset`.",
);
export type ResetMessage = v.InferOutput<typeof ResetMessage>;

/** Ends a stream at once. */
export const CancelMessage = verb(
  "cancel",
  "Ends the stream at once. Answered by `cancelled`; a `start` that has not " +
    "been answered by then is answered by nothing else.",
);
export type CancelMessage = v.InferOutput<typeof CancelMessage>;

/** Asks for a `pong`. */
export const PingMessage = v.pipe(
  strict({
    type: kind("ping"),
    ...COMMON,
    t: number({ description: "Any number; `pong` repeats it." }),
  }),
  v.description("Asks for a `pong`."),
);
export type PingMessage = v.InferOutput<typeof PingMessage>;

/** A beat clock from outside. */
export const SyncMessage = v.pipe(
  strict({
    type: kind("sync"),
    ...COMMON,
    stream: StreamId,
    beat: number({
      min: -1e9,
      max: 1e9,
      description:
        "Where the clock is, in beats; its bars begin at multiples " +
        "of the stream's meter.",
    }),
    time_ms: number({
      min: 0,
      description:
        "When it is there, in ms since 1970 on the server's clock, " +
        "as `pong.server_time_ms` tells it.",
    }),
    bpm: number({ min: 40, max: 240, description: "Its beats a minute." }),
    latency_ms: v.optional(
      number({
        min: 0,
        max: 10_000,
        description: "How long after `synced.zero_time_ms` the client plays " +
          "sample 0: what it buffers.",
      }),
      0,
    ),
  }),
  v.description(
    "Tells a beat clock from outside, now and again: the stream's downbeats are " +
      "brought onto it by bending the tempo. Answered by `synced`. Only at pace " +
      "realtime. An extension of prestissimo.v1.",
  ),
);
export type SyncMessage = v.InferOutput<typeof SyncMessage>;

/** The public id of a stream, as `started` tells it. */
export const PublicId = text({
  min: 1,
  max: 64,
  description:
    "Public id of a stream, from the `started` of whoever started it.",
});

/** Listens to a stream that somebody else has started. */
export const JoinMessage = v.pipe(
  strict({
    type: kind("join"),
    ...COMMON,
    id: PublicId,
    stream: v.optional(v.pipe(
      StreamId,
      v.description(
        "What the stream is called on this connection; the public id unless said.",
      ),
    )),
  }),
  v.description(
    "Listens to a stream that somebody else has started, from the live edge " +
      "on. Answered by `joined`, then binary frames whose `seq` and `sample` are " +
      "the stream's. `cancel` stops listening. An extension of prestissimo.v1.",
  ),
);
export type JoinMessage = v.InferOutput<typeof JoinMessage>;

/** Everything that a client may say. */
export const ClientMessage = v.variant("type", [
  StartMessage,
  UpdateMessage,
  PauseMessage,
  ResumeMessage,
  ResetMessage,
  CancelMessage,
  PingMessage,
  JoinMessage,
  SyncMessage,
]);
export type ClientMessage = v.InferOutput<typeof ClientMessage>;
/** A client message as it is written, before defaults are filled in. */
export type ClientMessageInput = v.InferInput<typeof ClientMessage>;
/** `start` as it is written, before defaults are filled in. */
export type StartInput = v.InferInput<typeof StartMessage>;
/** `update` as it is written, before defaults are filled in. */
export type UpdateInput = v.InferInput<typeof UpdateMessage>;
/** `sync` as it is written, before defaults are filled in. */
export type SyncInput = v.InferInput<typeof SyncMessage>;
