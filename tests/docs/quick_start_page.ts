/**
 * Presses Play on the page of the documentation, and fails unless beats follow.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { chromium } from "playwright-core";

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
});
const faults: string[] = [];
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(120_000);
  page.on("pageerror", (error) => faults.push(error.message));
  await page.goto(Deno.args[0]!);
  await page.waitForFunction("document.querySelector('#play').onclick");
  await page.click("#play");
  await page.waitForFunction("document.querySelector('#beat').value >= 6");
} finally {
  await browser.close();
}
assertEquals(faults, []);
Deno.exit(0);
