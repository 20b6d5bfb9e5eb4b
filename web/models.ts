/**
 * The choice of a model, and what it understands.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import type { ModelInfo } from "../lib/client/mod.ts";
import { byId, fillSelect, onSelect } from "./dom.ts";
import type { Settings } from "./settings.ts";

/** Shows the models, and which controls the chosen one understands. */
export function showModels(
  models: readonly ModelInfo[],
  { model: chosen, steps }: Pick<Settings, "model" | "steps">,
  onChange: (change: Partial<Settings>) => void,
): void {
  const known = models.find(({ id }) => id === chosen);
  const model = known ?? models[0];
  if (!model) return;
  // A model that is gone would be refused.
  if (chosen !== null && !known) onChange({ model: null, steps: null });
  fillSelect(
    byId("model", HTMLSelectElement),
    models.map(({ id, title }) => [id, title]),
    model.id,
  );
  onSelect("model", model.id, (id) => {
    showModels(models, { model: id, steps: null }, onChange);
    onChange({ model: id, steps: null });
  });
  showSteps(model, steps, onChange);
  showControls(model);
}

function showSteps(
  { steps: { default: own, max } }: ModelInfo,
  steps: number | null,
  onChange: (change: Partial<Settings>) => void,
): void {
  const numbers = Array.from({ length: max }, (_, i) => `${i + 1}`);
  fillSelect(
    byId("steps", HTMLSelectElement),
    [["", `auto (${own})`], ...numbers.map((n) => [n, n] as const)],
    `${steps ?? ""}`,
  );
  onSelect("steps", `${steps ?? ""}`, (value) => {
    onChange({ steps: value === "" ? null : Number(value) });
  });
}

/** Dims what the model does not listen to. */
function showControls({ controls, title }: ModelInfo): void {
  for (const row of document.querySelectorAll<HTMLElement>("[data-control]")) {
    const known = controls.includes(row.dataset.control!);
    row.classList.toggle("unheard", !known);
    row.title = known ? "" : `${title} does not listen to this`;
  }
}
