/**
 * The page's keys.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />

/** Elements in which a space is a space or presses what has the focus. */
const KEEPS_SPACE =
  "textarea, select, button, a, input:not([type=range]), [contenteditable]";

/** Space plays and pauses wherever it means nothing else; Escape leaves a field. */
export function onKeys(toggle: () => void): void {
  document.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key === "Escape") target.blur?.();
    if (event.key !== " " || !plain || target.closest?.(KEEPS_SPACE)) return;
    event.preventDefault();
    if (!event.repeat) toggle();
  });
}
