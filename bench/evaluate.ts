/**
 * Scores the shipped model through the shipped server: starts one on a free
 * port and hands its address to the recipe's `evaluate` stage.
 *
 *     deno task evaluate --name pocket --clips 40
 *
 * Needs Python with `models/recipe/requirements.txt` (`PYTHON` names another
 * interpreter than `python3`), the corpus and the judge.
 *
 * @module
 */
import { startServer } from "./server.ts";

await using server = await startServer();
const python = Deno.env.get("PYTHON") ?? "python3";
const { code } = await new Deno.Command(python, {
  args: ["-m", "recipe", "evaluate", "--url", server.url, ...Deno.args],
  cwd: "models",
}).spawn().status;
if (code !== 0) Deno.exitCode = code;
