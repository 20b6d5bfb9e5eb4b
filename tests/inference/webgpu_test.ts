import { assert, assertEquals } from "@std/assert";

/** Software Vulkan, in Debian's package chromium. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const MAX_DIFFERENCE = 1e-3;

const present = await Deno.stat(SWIFTSHADER).then(() => true, () => false);
const ci = Deno.env.get("CI") === "true";
if (!present && !ci) {
  console.warn(
    `SKIPPED: WebGPU is not tested, ${SWIFTSHADER} is missing (apt-get install chromium)`,
  );
}

Deno.test({
  name: "WebGPU agrees with the CPU to 1e-3",
  ignore: !present && !ci,
  async fn() {
    assert(present, `${SWIFTSHADER} is missing: apt-get install chromium`);
    // The Vulkan loader reads its environment before any of our code runs.
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "tests/inference/webgpu_agreement.ts"],
      env: { VK_ICD_FILENAMES: SWIFTSHADER },
    }).output();
    const [text, errors] = [stdout, stderr].map((bytes) =>
      new TextDecoder().decode(bytes)
    );
    assertEquals(code, 0, errors);
    const reports = JSON.parse(text!.trim().split("\n").at(-1)!);
    assertEquals(reports.length, 2);
    for (const { id, provider, level, ...differences } of reports) {
      assertEquals(provider, "webgpu");
      assert(level > 0.01, `${id} is silent`);
      for (const [name, difference] of Object.entries(differences)) {
        assert(
          (difference as number) < MAX_DIFFERENCE,
          `${id}: ${name} differs by ${difference}`,
        );
      }
    }
  },
});
