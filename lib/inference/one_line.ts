/** Where in the runtime's source a check failed: of no use to its users. */
const SOURCE_PLACE = /^\/onnxruntime_src\/.*? was (?:false|true)\. /;

/** An error's message without line breaks, cut to a readable length. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.replace(/\s+/g, " ").replace(SOURCE_PLACE, "").trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
