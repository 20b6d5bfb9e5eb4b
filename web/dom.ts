/**
 * The page's elements by id.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />

/**
 * The element of this id.
 *
 * @throws {TypeError} If the page has no such element.
 */
export function byId<E extends HTMLElement>(
  id: string,
  ElementType: abstract new () => E,
): E {
  const element = document.getElementById(id);
  if (element instanceof ElementType) return element;
  throw new TypeError(`The page has no ${ElementType.name} "${id}"`);
}

/** Writes only what differs, so that live regions stay silent. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A new element with a class. */
export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}

/** Tells the style sheet how far a slider is. */
export function paintSlider(slider: HTMLInputElement): void {
  const { min, max, valueAsNumber } = slider;
  const share = (valueAsNumber - Number(min)) / (Number(max) - Number(min));
  slider.style.setProperty("--share", `${100 * share}%`);
}

/** Fills a select with [value, label] pairs. */
export function fillSelect(
  select: HTMLSelectElement,
  options: readonly (readonly [string, string])[],
  value: string,
): void {
  select.replaceChildren(
    ...options.map(([value, label]) => new Option(label, value)),
  );
  select.value = value;
}

/** Sets a select, and calls `listener` instead of those before on a change. */
export function onSelect(
  id: string,
  value: string,
  listener: (value: string) => void,
): void {
  const select = byId(id, HTMLSelectElement);
  select.value = value;
  select.onchange = () => listener(select.value);
}
