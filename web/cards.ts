/**
 * The prompt cards.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import { LIMITS } from "../lib/protocol/limits.ts";
import { create, paintSlider, setText } from "./dom.ts";
import type { Card } from "./settings.ts";

/** Hues of new cards, far from each other in order. */
const HUES = [32, 190, 320, 95, 260, 0, 150, 220];

/** A pause in typing after which a text counts, in ms. */
const TYPING_MS = 500;

const IDEAS = [
  "late-night lo-fi piano, dusty drums",
  "fast drum'n'bass, warm pads",
  "orchestral boss fight",
  "rainy café jazz, brushes",
  "synthwave at dusk",
];

/** Shows cards, and tells when the user has changed them. */
export class Cards {
  readonly #root: HTMLElement;
  readonly #onChange: (cards: Card[]) => void;
  readonly #add = create("button", "add");
  #cards: Card[];
  #shares: HTMLOutputElement[] = [];

  constructor(
    root: HTMLElement,
    cards: Card[],
    onChange: (cards: Card[]) => void,
  ) {
    this.#root = root;
    this.#cards = cards;
    this.#onChange = onChange;
    this.#add.type = "button";
    this.#add.textContent = "Add a prompt";
    this.#add.addEventListener("click", () => this.#append());
    this.#render();
  }

  #render(): void {
    this.#shares = [];
    const cards = this.#cards.map((card, i) => this.#card(card, i));
    this.#add.disabled = cards.length >= LIMITS.prompts;
    this.#root.replaceChildren(...cards, this.#add);
    this.#showShares();
  }

  #card(card: Card, index: number): HTMLElement {
    const root = create("article", "card");
    root.style.setProperty("--hue", `${card.hue}`);
    root.append(this.#text(card, index), this.#foot(card, index));
    return root;
  }

  #text(card: Card, index: number): HTMLElement {
    const text = create("textarea", "text");
    text.value = card.text;
    text.rows = 2;
    text.maxLength = LIMITS.prompt_chars;
    text.placeholder = IDEAS[index % IDEAS.length]!;
    text.setAttribute("aria-label", `Prompt ${index + 1}`);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const commit = () => {
      clearTimeout(timer);
      if (text.value === card.text) return;
      card.text = text.value;
      this.#changed();
    };
    text.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(commit, TYPING_MS);
    });
    text.addEventListener("change", commit);
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      commit();
    });
    return text;
  }

  #foot(card: Card, index: number): HTMLElement {
    const foot = create("div", "foot");
    const slider = create("input", "weight");
    Object.assign(slider, { type: "range", min: "0", max: "1", step: "0.01" });
    slider.value = `${card.weight}`;
    slider.setAttribute("aria-label", `Weight of prompt ${index + 1}`);
    paintSlider(slider);
    slider.addEventListener("input", () => {
      card.weight = slider.valueAsNumber;
      paintSlider(slider);
      this.#changed();
    });
    const share = create("output", "share");
    this.#shares.push(share);
    const remove = create("button", "remove");
    remove.type = "button";
    remove.textContent = "×";
    remove.setAttribute("aria-label", `Remove prompt ${index + 1}`);
    remove.disabled = this.#cards.length === 1;
    remove.addEventListener("click", () => this.#remove(index));
    foot.append(slider, share, remove);
    return foot;
  }

  #append(): void {
    const taken = this.#cards.map((card) => card.hue);
    const hue = HUES.find((hue) => !taken.includes(hue)) ?? 0;
    this.#cards = [...this.#cards, { text: "", weight: 0.5, hue }];
    this.#render();
    this.#root.querySelectorAll("textarea")[this.#cards.length - 1]?.focus();
    this.#changed();
  }

  #remove(index: number): void {
    this.#cards = this.#cards.filter((_, i) => i !== index);
    this.#render();
    const next = Math.min(index, this.#cards.length - 1);
    this.#root.querySelectorAll("textarea")[next]?.focus();
    this.#changed();
  }

  #changed(): void {
    this.#showShares();
    this.#onChange(this.#cards.map((card) => ({ ...card })));
  }

  #showShares(): void {
    const weights = this.#cards.map(({ text, weight }) =>
      text.trim() === "" ? 0 : weight
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    this.#shares.forEach((share, i) => {
      const part = sum > 0 ? weights[i]! / sum : 0;
      setText(share, `${Math.round(100 * part)}%`);
      share.closest(".card")?.classList.toggle("silent", part === 0);
    });
  }
}
