import { assertEquals, assertThrows } from "@std/assert";
import { blocksAt } from "../../lib/diffusion/budget.ts";

Deno.test("blocksAt() takes the first budget whose level is exceeded", () => {
  const budgets = [{ above: 5, blocks: 6 }, { above: 0, blocks: 12 }];
  const found = [80, 5.1, 5, 0.02].map((sigma) => blocksAt(budgets, sigma));
  assertEquals(found, [6, 6, 12, 12]);
});

Deno.test("blocksAt() says for which levels there are budgets", () => {
  const none = () => blocksAt([{ above: 1, blocks: 2 }], 0.5);
  assertThrows(none, RangeError, "level 0.5: there are budgets above 1");
});
