/**
 * Short messages at the foot of the page.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import { byId } from "./dom.ts";

/** How long a message stays, in ms. */
const STAY_MS = 6000;

/** Shows one message at a time; screen readers read it out. */
export class Notice {
  readonly #element = byId("notice", HTMLElement);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Shows a message until there is another. */
  keep(text: string): void {
    clearTimeout(this.#timer);
    this.#element.textContent = text;
    this.#element.classList.add("shown");
  }

  /** Shows a message for a while. */
  show(text: string): void {
    this.keep(text);
    this.#timer = setTimeout(
      () => this.#element.classList.remove("shown"),
      STAY_MS,
    );
  }
}
