import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
} from "@std/assert";
import { OggOpusWriter } from "../../lib/audio/ogg.ts";
import { createOpusEncoder } from "../../lib/audio/opus_encoder.ts";
import { opusHead } from "../../lib/audio/opus_head.ts";
import { interleaveS16 } from "../../lib/audio/pcm.ts";
import { ffmpeg, hasProgram, opusdec } from "./decode.ts";
import { partial, sine, snrDb } from "./signals.ts";

const FRAME = 960;

Deno.test("OggOpusWriter writes header pages, then pages of at most 100 ms", async () => {
  const { file } = await oggTone({ samples: 48_000, hz: 440 });
  const pages = readPages(file);
  assertEquals(pages[0]!.flags, 2); // Beginning of stream
  assertEquals(text(pages[0]!.body.subarray(0, 8)), "OpusHead");
  assertEquals(text(pages[1]!.body.subarray(0, 8)), "OpusTags");
  assertEquals(pages.map((page) => page.sequence), [...pages.keys()]);
  let previous = 0;
  for (const page of pages.slice(2)) {
    assert(page.granulePosition - previous <= 4800);
    previous = page.granulePosition;
  }
  assertEquals(pages.at(-1)!.flags, 4); // End of stream
  assertEquals(pages.at(-1)!.granulePosition, 312 + 48_000);
});

Deno.test("OggOpusWriter has written audio after 300 ms of packets", async () => {
  const { bytesAfter } = await oggTone({ samples: 48_000, hz: 440 });
  assert(bytesAfter[0]! === 0, "the first packet is held back");
  assert(bytesAfter[1]! > 0, "headers leave with the second packet");
  assert(bytesAfter[300 / 20 - 1]! > bytesAfter[1]! + 500);
});

Deno.test("OggOpusWriter carries comments", async () => {
  const { file } = await oggTone({
    samples: 960,
    hz: 440,
    comments: { SEED: "42" },
  });
  assert(text(readPages(file)[1]!.body).includes("SEED=42"));
});

for (const samples of [48_000, 47_999, 960, 648, 649, 1, 123_456]) {
  Deno.test(`OggOpusWriter trims to exactly ${samples} samples`, async (t) => {
    const { file, left, right } = await oggTone({ samples, hz: 440 });
    for (const [name, decode] of Object.entries({ opusdec, ffmpeg })) {
      await t.step({
        name,
        ignore: !(await hasProgram(name)),
        fn: async () => {
          const decoded = split(await decode(file));
          assertEquals(decoded.left.length, samples);
          if (samples < 48_000) return;
          const snr = snrDb(decoded.left, left);
          assert(snr > 25, `SNR ${snr} dB`);
          assert(snrDb(decoded.right, right) > 25);
          const { amplitude } = partial(decoded.left, 440);
          assertAlmostEquals(20 * Math.log10(amplitude / 0.5), 0, 0.1);
        },
      });
    }
  });
}

Deno.test("OggOpusWriter.finish() throws on a trim of a whole packet", async () => {
  const writer = new OggOpusWriter({
    opusHead: createOpusEncoder({ bitrate: 64_000, frameSamples: FRAME })
      .opusHead,
    frameSamples: FRAME,
    write: () => {},
  });
  await assertRejects(
    () => writer.finish({ endTrim: 0 }),
    RangeError,
    "0 packets",
  );
  await writer.add(Uint8Array.of(0xfc, 0xff, 0xfe));
  await assertRejects(
    () => writer.finish({ endTrim: FRAME }),
    RangeError,
    "960",
  );
  writer.abort();
});

Deno.test("OggOpusWriter.add() waits for write() and rejects when it fails", async () => {
  const encoder = createOpusEncoder({ bitrate: 64_000, frameSamples: FRAME });
  const silence = encoder.encode(new Int16Array(2 * FRAME));
  const gate = Promise.withResolvers<void>();
  const writer = new OggOpusWriter({
    opusHead: encoder.opusHead,
    frameSamples: FRAME,
    write: () => gate.promise,
  });
  let added = 0;
  const adding = (async () => {
    for (; added < 100; added++) await writer.add(silence);
  })();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert(added < 30, `${added} packets taken while the first write is pending`);
  gate.reject(new TypeError("gone"));
  await assertRejects(() => adding, TypeError, "gone");
  writer.abort();
});

Deno.test("OggOpusWriter.abort() ends quietly before, between and after packets", async () => {
  const packet = Uint8Array.of(0xfc, 0xff, 0xfe);
  for (const packets of [0, 1, 3]) {
    let bytes = 0;
    const writer = new OggOpusWriter({
      opusHead: opusHead({ channels: 2, preSkip: 312 }),
      frameSamples: FRAME,
      write: (chunk) => void (bytes += chunk.length),
    });
    for (let i = 0; i < packets; i++) await writer.add(packet);
    writer.abort();
    const before = bytes;
    await new Promise((resolve) => setTimeout(resolve, 5));
    assertEquals(bytes, before);
  }
});

interface Tone {
  samples: number;
  hz: number;
  comments?: Record<string, string>;
}

async function oggTone({ samples, hz, comments = {} }: Tone) {
  using encoder = createOpusEncoder({ bitrate: 160_000, frameSamples: FRAME });
  const { opusHead, preSkip } = encoder;
  const packets = Math.ceil((samples + preSkip) / FRAME);
  const left = sine(hz, samples);
  const right = sine(hz, samples, 0.3, 1);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const writer = new OggOpusWriter({
    opusHead,
    frameSamples: FRAME,
    comments,
    write: (chunk) => {
      chunks.push(chunk);
      bytes += chunk.length;
    },
  });
  const bytesAfter: number[] = [];
  for (let p = 0; p < packets; p++) {
    const pcm = interleaveS16(slice(left, p), slice(right, p));
    await writer.add(encoder.encode(pcm));
    await Promise.resolve();
    bytesAfter.push(bytes);
  }
  await writer.finish({ endTrim: packets * FRAME - preSkip - samples });
  const file = new Uint8Array(await new Blob(chunks as BlobPart[]).bytes());
  return { file, left, right, bytesAfter };
}

function slice(channel: Float32Array, packet: number): Float32Array {
  const frame = new Float32Array(FRAME);
  frame.set(channel.subarray(packet * FRAME, (packet + 1) * FRAME));
  return frame;
}

function split(interleaved: Int16Array) {
  const left = new Float32Array(interleaved.length / 2);
  const right = new Float32Array(interleaved.length / 2);
  for (let i = 0; i < left.length; i++) {
    left[i] = interleaved[2 * i]! / 32767;
    right[i] = interleaved[2 * i + 1]! / 32767;
  }
  return { left, right };
}

function readPages(file: Uint8Array) {
  const view = new DataView(file.buffer, file.byteOffset);
  const pages = [];
  for (let at = 0; at < file.length;) {
    assertEquals(text(file.subarray(at, at + 4)), "OggS");
    const segments = file.subarray(at + 27, at + 27 + file[at + 26]!);
    const start = at + 27 + segments.length;
    const end = segments.reduce((sum, lacing) => sum + lacing, start);
    pages.push({
      flags: file[at + 5]!,
      granulePosition: Number(view.getBigInt64(at + 6, true)),
      sequence: view.getUint32(at + 18, true),
      body: file.subarray(start, end),
    });
    at = end;
  }
  return pages;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
