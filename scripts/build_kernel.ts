/**
 * Compiles the synthesis's inner loops: `deno task kernel` after a change of
 * lib/codec/kernel/assembly. They are in AssemblyScript because JavaScript has no
 * SIMD and no 64-bit product of whole numbers.
 *
 * @module
 */
import asc from "assemblyscript/asc";
import { encodeBase64 } from "hono/utils/encode";

const SOURCE = "lib/codec/kernel/assembly/index.ts";
const BINARY = new URL("../lib/codec/kernel/binary.ts", import.meta.url);

/**
 * The compiled module, the same bytes every time.
 *
 * @throws {Error} What the compiler has to say.
 */
export async function compileKernel(): Promise<Uint8Array> {
  const root = new URL("../", import.meta.url);
  let wasm = new Uint8Array();
  const { error, stderr } = await asc.main([
    SOURCE,
    ...["--outFile", "kernel.wasm", "-O3", "--converge", "--noAssert"],
    ...["--runtime", "stub", "--importMemory", "--enable", "simd"],
  ], {
    readFile: (name) =>
      Deno.readTextFile(new URL(name, root)).catch(() => null),
    writeFile(_name, contents) {
      wasm = contents as typeof wasm;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  return wasm;
}

if (import.meta.main) {
  const bytes = await compileKernel();
  const base64 = encodeBase64(bytes.slice().buffer);
  await Deno.writeTextFile(
    BINARY,
    `/** What \`deno task kernel\` made of assembly/, in base64. */\n` +
      `export const KERNEL_WASM =\n  "${base64}";\n`,
  );
}
