/**
 * The live page.
 *
 * `globalThis.prestissimo` shows tests, and whoever is curious, how it is
 * going. `?key=` passes an API key on, `?codec=pcm_s16le` plays without Opus.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import { decodesOpus, Player } from "../lib/client/player/mod.ts";
import { Cards } from "./cards.ts";
import { byId, setText } from "./dom.ts";
import { onKeys } from "./keys.ts";
import { showModels } from "./models.ts";
import { Notice } from "./notice.ts";
import { Panel } from "./panel.ts";
import { Readouts } from "./readouts.ts";
import { Session, type State } from "./session.ts";
import type { Settings } from "./settings.ts";
import { Spectrum } from "./spectrum.ts";
import { loadSettings, saveSettings } from "./storage.ts";

/** What `globalThis.prestissimo` shows. */
export interface Prestissimo {
  /** How often the music ran dry. */
  readonly underruns: number;
  /** Samples per channel that have been played, without silence. */
  readonly framesPlayed: number;
  readonly state: State;
  /** Music that is here and not yet heard, in ms. */
  readonly bufferedMs: number;
  /** From the press of Play to the first sample, in ms, or null. */
  readonly firstSoundMs: number | null;
  /** From the last change to hearing it, in ms, or null. */
  readonly controlMs: number | null;
  /** How the audio comes. */
  readonly codec: "opus" | "pcm_s16le";
  /** Loudness of the last 85 ms, 0 to 1. */
  rms(): number;
}

const STATES: Record<State, string> = {
  connecting: "Connecting",
  refused: "Not let in",
  ready: "Ready",
  starting: "Starting",
  playing: "Playing",
  paused: "Paused",
};

async function main(): Promise<void> {
  const query = new URLSearchParams(location.search);
  const opus = query.get("codec") !== "pcm_s16le" && await decodesOpus();
  const codec = opus ? "opus" : "pcm_s16le";
  const player = await Player.create();
  const analyser = new AnalyserNode(player.context, {
    fftSize: 4096,
    smoothingTimeConstant: 0.72,
  });
  player.output.connect(analyser);
  const spectrum = new Spectrum(byId("spectrum", HTMLCanvasElement));
  const readouts = new Readouts(player);
  const notice = new Notice();
  const play = byId("play", HTMLButtonElement);
  const reset = byId("reset", HTMLButtonElement);
  let settings = loadSettings();

  const panel = new Panel(settings, change);
  new Cards(
    byId("cards", HTMLElement),
    settings.cards,
    (cards) => change({ cards }),
  );
  spectrum.listen(analyser);
  spectrum.onFrame = () => readouts.show(session.state === "playing");
  player.onError = ({ message }) => notice.show(`Cannot decode: ${message}`);
  tint(settings);

  const session = new Session({
    ...{ player, codec, settings },
    key: query.get("key"),
    events: {
      state: showState,
      hello(hello) {
        const { models, server, provider } = hello;
        showModels(models, settings, change);
        const text =
          `${server.name} ${server.version} on ${provider}, ${codec}`;
        setText(byId("engine", HTMLElement), text);
      },
      started({ meter, seed }) {
        readouts.restart();
        readouts.meter = meter;
        panel.showSeed(seed);
      },
      firstAudio({ total_ms }) {
        const text = `First packet after ${Math.round(total_ms)} ms`;
        byId("first-sound", HTMLOutputElement).title = text;
      },
      scheduled({ at_sample }, sentMs) {
        readouts.expect(at_sample, sentMs);
        readouts.meter = settings.meter;
      },
      refused: (reason) => notice.keep(reason),
      notice: (text) => notice.show(text),
    },
  });

  function change(changed: Partial<Settings>): void {
    settings = { ...settings, ...changed };
    saveSettings(settings);
    if (changed.cards) tint(settings);
    session.apply(settings);
  }

  function tint({ cards }: Settings): void {
    const sum = cards.reduce((total, { weight }) => total + weight, 0) || 1;
    spectrum.tint(
      cards.map(({ hue, weight }) => ({ hue, share: weight / sum })),
    );
  }

  function showState(state: State): void {
    document.body.dataset.state = state;
    setText(byId("status", HTMLElement), STATES[state]);
    const on = state === "playing" || state === "starting";
    play.ariaLabel = on ? "Pause" : "Play";
    play.disabled = state === "connecting" || state === "refused";
    // Disabled it would lose the focus that the press of a key needs.
    play.ariaDisabled = `${state === "starting"}`;
    reset.disabled = state !== "playing";
  }

  function toggle(): void {
    if (session.state === "ready") readouts.pressed();
    session.toggle();
  }

  play.addEventListener("click", toggle);
  reset.addEventListener("click", () => session.reset());
  onKeys(toggle);
  showState(session.state);

  const seen: Prestissimo = {
    get underruns() {
      return player.report.underruns;
    },
    get framesPlayed() {
      return player.report.framesPlayed;
    },
    get state() {
      return session.state;
    },
    get bufferedMs() {
      return player.report.available / 48;
    },
    get firstSoundMs() {
      return readouts.firstSoundMs;
    },
    get controlMs() {
      return readouts.controlMs;
    },
    codec,
    rms: () => loudness(analyser),
  };
  Object.assign(globalThis, { prestissimo: seen });
}

/** Root mean square of the last 85 ms. */
function loudness(analyser: AnalyserNode): number {
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  const sum = samples.reduce((total, x) => total + x * x, 0);
  return Math.sqrt(sum / samples.length);
}

main().catch((error) => new Notice().show(`Cannot start: ${error.message}`));
