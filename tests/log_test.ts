import { assertEquals, assertMatch } from "@std/assert";
import { createLog, tell } from "../lib/log.ts";

Deno.test("createLog() writes an object a line", () => {
  const lines: string[] = [];
  const log = createLog("json", (line) => lines.push(line));
  log.warn("odd", { count: 2, text: "a\nb" });
  const { time, ...rest } = JSON.parse(lines[0]!);
  assertMatch(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assertEquals(rest, { level: "warn", message: "odd", count: 2, text: "a\nb" });
});

Deno.test("createLog() writes text that stays on one line", () => {
  const lines: string[] = [];
  const log = createLog("text", (line) => lines.push(line));
  log.info("ready", { port: 80, note: "two words", bad: "a\nb" });
  log.error("broke");
  assertMatch(
    lines[0]!,
    /^\S+Z info {2}ready port=80 note="two words" bad="a\\nb"$/,
  );
  assertMatch(lines[1]!, /^\S+Z error broke$/);
});

Deno.test("tell() goes on where nothing can be written", () => {
  const lines: string[] = [];
  tell((line) => lines.push(line), "one");
  tell(() => {
    throw new Error("No space left on device");
  }, "two");
  assertEquals(lines, ["one"]);
});
