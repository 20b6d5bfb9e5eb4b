/**
 * What the page shows of the music as it plays.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import type { Player } from "../lib/client/player/mod.ts";
import { byId, create, setText } from "./dom.ts";

/** Time between numbers, in ms: faster ones cannot be read. */
const NUMBERS_MS = 200;

/** A change that has not been heard yet. */
interface Awaited {
  sample: number;
  sentMs: number;
}

/** Tempo, beat, and the times that matter. */
export class Readouts {
  /** Beats a bar. */
  meter = 4;
  /** From the press of Play to the first sample, in ms. */
  firstSoundMs: number | null = null;
  /** From the last change to hearing it, in ms. */
  controlMs: number | null = null;

  readonly #player: Player;
  readonly #tempo = byId("tempo", HTMLOutputElement);
  readonly #position = byId("position", HTMLElement);
  readonly #beats = byId("beats", HTMLOListElement);
  readonly #firstSound = byId("first-sound", HTMLOutputElement);
  readonly #control = byId("control", HTMLOutputElement);
  readonly #buffer = byId("buffer", HTMLOutputElement);
  readonly #underruns = byId("underruns", HTMLOutputElement);
  #pressedMs: number | null = null;
  #framesBefore = 0;
  #shownMs = 0;
  #awaited: Awaited[] = [];

  constructor(player: Player) {
    this.#player = player;
    player.onReport = () => this.#listen();
  }

  /** Play has been pressed. */
  pressed(): void {
    this.#pressedMs = performance.now();
    this.#framesBefore = this.#player.report.framesPlayed;
    this.#awaited = [];
  }

  /** Samples are counted from here, or as before: what is awaited may never come. */
  restart(): void {
    this.#awaited = [];
  }

  /** A change has been sent and will be heard at this sample. */
  expect(sample: number, sentMs: number): void {
    this.#awaited.push({ sample, sentMs });
  }

  /** Shows a moment; to be called for every picture. */
  show(playing: boolean): void {
    const { bpm, heardTime, report } = this.#player;
    this.#showBeat(playing ? this.#player.beatAt(heardTime) : null);
    const now = performance.now();
    if (now - this.#shownMs < NUMBERS_MS) return;
    this.#shownMs = now;
    if (bpm !== null) setText(this.#tempo, tempoText(bpm));
    setText(this.#buffer, milliseconds(report.available / 48));
    setText(this.#underruns, `${report.underruns}`);
    this.#underruns.classList.toggle("bad", report.underruns > 0);
  }

  #showBeat(beat: number | null): void {
    while (this.#beats.children.length < this.meter) {
      this.#beats.append(create("li", "beat"));
    }
    while (this.#beats.children.length > this.meter) {
      this.#beats.lastChild?.remove();
    }
    const now = beat === null || beat < 0 ? null : Math.floor(beat);
    const inBar = now === null ? -1 : now % this.meter;
    [...this.#beats.children].forEach((dot, i) =>
      dot.classList.toggle("on", i === inBar)
    );
    if (now === null) return;
    const bar = Math.floor(now / this.meter) + 1;
    setText(this.#position, `bar ${bar}, beat ${inBar + 1}`);
  }

  /** Every report of the audio thread may bring the awaited samples. */
  #listen(): void {
    const { framesPlayed } = this.#player.report;
    if (this.#pressedMs !== null && framesPlayed > this.#framesBefore) {
      this.firstSoundMs = performance.now() - this.#pressedMs;
      this.#pressedMs = null;
      setText(this.#firstSound, milliseconds(this.firstSoundMs));
    }
    const { epoch, heard, report } = this.#player;
    // What is heard is of the stream before: its samples are others.
    if (report.epoch !== epoch) return;
    for (const { sample, sentMs } of this.#awaited) {
      if (sample > heard) continue;
      const late = (heard - sample) / 48;
      this.controlMs = Math.max(0, performance.now() - sentMs - late);
      setText(this.#control, milliseconds(this.controlMs));
    }
    this.#awaited = this.#awaited.filter(({ sample }) => sample > heard);
  }
}

function milliseconds(ms: number): string {
  return ms < 9_995 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function tempoText(bpm: number): string {
  return `${Math.round(bpm * 10) / 10}`;
}
