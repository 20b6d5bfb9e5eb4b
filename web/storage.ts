/**
 * Remembers the settings from one visit to the next.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import { DEFAULTS, type Settings } from "./settings.ts";

const NAME = "prestissimo.settings.1";

/** The settings of the last visit, or the first ones. */
export function loadSettings(): Settings {
  try {
    const stored = JSON.parse(localStorage.getItem(NAME) ?? "{}");
    return { ...structuredClone(DEFAULTS), ...stored };
  } catch {
    return structuredClone(DEFAULTS);
  }
}

/** Keeps the settings, if the browser lets us. */
export function saveSettings(settings: Settings): void {
  try {
    localStorage.setItem(NAME, JSON.stringify(settings));
  } catch {
    // Private windows may forbid it; the page works all the same.
  }
}
