/**
 * One message of every type, as they pass over the wire: for the documents, and
 * for tests to hold the schemas against.
 *
 * @module
 */
import type { ClientMessageInput } from "./client_messages.ts";
import { LIMITS, PROTOCOL } from "./limits.ts";
import type { ModelInfo } from "./model_info.ts";
import type { Receipt } from "./receipt.ts";
import type { ServerMessage } from "./server_messages.ts";

const SHA256 =
  "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const model: ModelInfo = {
  id: "pocket",
  version: "0.1.0",
  title: "Pocket",
  licence: "CC-BY-4.0",
  sha256: SHA256,
  sample_rate: 48_000,
  latent_rate: 12.5,
  block_frames: [8, 16, 32, 48],
  controls: ["bpm", "meter", "chords", "parts"],
  steps: { default: 4, max: 8 },
  providers: ["cpu"],
};

const prompts = [
  { text: "upbeat funk with slap bass", weight: 0.75 },
  { text: "dub techno", weight: 0.25 },
];

const receipt: Receipt = {
  model: "pocket",
  model_sha256: SHA256,
  provider: "cpu",
  precision: "fp32",
  seed: 7,
  steps: 4,
  prompts,
  controls: { bpm: 110, meter: 4, chords: "Am F C G", energy: null },
  samples: 480_000,
  pcm_sha256: SHA256,
};

const PUBLIC_ID = "q0hLx3xVxgV1p2mHk9pQbg";

const format = {
  codec: "opus",
  bitrate: 96_000,
  frame_ms: 20,
  sample_rate: 48_000,
  channels: 2,
  frame_samples: 960,
  pre_skip: 312,
  opus_head: "T3B1c0hlYWQBAjgBgLsAAAAAAA==",
} as const;

/** A client message of every type. */
export const CLIENT_EXAMPLES: {
  [T in ClientMessageInput["type"]]: Extract<ClientMessageInput, { type: T }>;
} = {
  start: {
    type: "start",
    event_id: "e1",
    stream: "main",
    prompts: [
      { text: "upbeat funk with slap bass", weight: 3 },
      { text: "dub techno" },
    ],
    bpm: 110,
    chords: "Am F C G",
    parts: { melody: false },
    seed: 7,
    duration: { bars: 16 },
    loop: true,
    format: { codec: "opus", bitrate: 96_000, frame_ms: 20 },
  },
  update: {
    type: "update",
    event_id: "e2",
    stream: "main",
    prompts: [{ text: "jazz trio, brushes" }],
    energy: 0.4,
    ramp: { beats: 8 },
    at: "bar",
  },
  pause: { type: "pause", event_id: "e3", stream: "main" },
  resume: { type: "resume", event_id: "e4", stream: "main" },
  reset: { type: "reset", event_id: "e5", stream: "main" },
  cancel: { type: "cancel", event_id: "e6", stream: "main" },
  ping: { type: "ping", event_id: "e7", t: 1234.5 },
  join: { type: "join", event_id: "e8", id: PUBLIC_ID, stream: "radio" },
  sync: {
    type: "sync",
    event_id: "e9",
    stream: "main",
    beat: 64.25,
    time_ms: 1_790_000_000_000,
    bpm: 124.5,
    latency_ms: 120,
  },
};

/** A server message of every type. */
export const SERVER_EXAMPLES: {
  [T in ServerMessage["type"]]: Extract<ServerMessage, { type: T }>;
} = {
  hello: {
    type: "hello",
    protocol: PROTOCOL,
    server: { name: "prestissimo", version: "0.1.0" },
    session: "5f3a",
    models: [model],
    limits: LIMITS,
    provider: "cpu",
    resume: { seconds: 30, shared: false },
  },
  started: {
    type: "started",
    stream: "main",
    handle: 1,
    seed: 7,
    model: "pocket",
    bpm: 110,
    meter: 4,
    prompts,
    format,
    public_id: PUBLIC_ID,
    reply_to: "e1",
  },
  first_audio: {
    type: "first_audio",
    stream: "main",
    queue_ms: 0.2,
    prompt_ms: 3.1,
    steps_ms: [9.8, 9.7, 9.7, 9.9],
    decode_ms: 6.4,
    encode_ms: 0.3,
    total_ms: 39.6,
  },
  scheduled: {
    type: "scheduled",
    stream: "main",
    at_sample: 384_000,
    at_beat: 14.5,
    delay_ms: 412,
    reply_to: "e2",
  },
  warning: {
    type: "warning",
    stream: "main",
    code: "control_ignored",
    message: "The model pocket does not understand guidance",
    reply_to: "e2",
  },
  paused: {
    type: "paused",
    stream: "main",
    at_sample: 96_000,
    reply_to: "e3",
  },
  resumed: {
    type: "resumed",
    stream: "main",
    at_sample: 96_000,
    reply_to: "e4",
  },
  reset: { type: "reset", stream: "main", at_sample: 192_000, reply_to: "e5" },
  done: {
    type: "done",
    stream: "main",
    samples: 480_000,
    end_trim: 648,
    receipt,
  },
  cancelled: {
    type: "cancelled",
    stream: "main",
    last_seq: 249,
    end_sample: 240_000,
    cancel_ms: 4.2,
    reply_to: "e6",
  },
  error: {
    type: "error",
    code: "bad_message",
    message:
      "prompts[0].weight is 11, accepted: a finite number over 0, at most 10",
    param: "prompts[0].weight",
    stream: "main",
    reply_to: "e1",
  },
  pong: {
    type: "pong",
    t: 1234.5,
    server_time_ms: 1_790_000_000_000,
    reply_to: "e7",
  },
  draining: { type: "draining", deadline_ms: 5000 },
  synced: {
    type: "synced",
    stream: "main",
    at_sample: 96_000,
    behind_ms: -12.5,
    locked_sample: 119_134,
    zero_time_ms: 1_789_999_998_000.5,
    reply_to: "e9",
  },
  joined: {
    type: "joined",
    stream: "radio",
    id: PUBLIC_ID,
    handle: 2,
    format,
    bpm: 110,
    meter: 4,
    at_sample: 960_000,
    paused: false,
    reply_to: "e8",
  },
  ended: {
    type: "ended",
    stream: "radio",
    reason: "cancelled",
    last_seq: 2000,
    end_sample: 1_920_960,
    end_trim: 0,
  },
};
