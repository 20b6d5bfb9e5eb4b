/** Decoders of other people, to check what we encode against. */

/** True if the program runs; warns if not, and throws on CI. */
export async function hasProgram(
  name: string,
  args = ["-version"],
): Promise<boolean> {
  try {
    await new Deno.Command(name, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return true;
  } catch (error) {
    if (Deno.env.get("CI") === "true") throw error;
    console.warn(`SKIPPED: "${name}" is not installed`);
    return false;
  }
}

/** Interleaved stereo s16 at 48 kHz that opusdec makes of an Ogg Opus file. */
export function opusdec(file: Uint8Array): Promise<Int16Array> {
  return decode(file, "opusdec", (path) => [
    ...["--quiet", "--rate", "48000", "--no-dither"],
    ...[path, "-"],
  ]);
}

/** Interleaved stereo s16 at 48 kHz that ffmpeg makes of any audio file. */
export function ffmpeg(file: Uint8Array): Promise<Int16Array> {
  return decode(file, "ffmpeg", (path) => [
    ...["-loglevel", "error", "-i", path],
    ...["-f", "s16le", "-ac", "2", "-ar", "48000", "-"],
  ]);
}

async function decode(
  file: Uint8Array,
  program: string,
  args: (path: string) => string[],
): Promise<Int16Array> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, file);
    const { stdout, stderr, success } = await new Deno.Command(program, {
      args: args(path),
      stdout: "piped",
      stderr: "piped",
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return new Int16Array(stdout.slice().buffer);
  } finally {
    await Deno.remove(path);
  }
}
