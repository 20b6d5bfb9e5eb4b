/**
 * What was changed after a snapshot, out of those that were taken later.
 *
 * @module
 */
import { type Edit, layOver } from "./edits.ts";
import type { Snapshot } from "./snapshot.ts";

/** The changes that a snapshot knows, by their sample. */
function editsBySample({ edits, made }: Snapshot): Map<number, Edit[]> {
  const all = [...made?.applied.map(({ edit }) => edit) ?? [], ...edits];
  return Map.groupBy(all, ({ at }) => at);
}

function isSame(a: readonly Edit[] | undefined, b: readonly Edit[]): boolean {
  const told = (edits: readonly Edit[]) =>
    JSON.stringify(edits.reduce<Edit[]>(layOver, []));
  return a !== undefined && told(a) === told(b);
}

/**
 * A snapshot that knows what was changed after it, so that a stream which goes
 * on from it comes to the same music. Every change has to be in one of the later
 * snapshots, where it waits or was made and not heard.
 *
 * @param later Snapshots of the same stream that were taken later, in order of time.
 */
export function withLaterChanges(
  snapshot: Snapshot,
  later: readonly Snapshot[],
): Snapshot {
  const last = later.at(-1);
  if (!last) return snapshot;
  const known = editsBySample(snapshot);
  const newest = new Map(later.flatMap((each) => [...editsBySample(each)]));
  const fresh = [...newest].filter(([at, edits]) =>
    !isSame(known.get(at), edits)
  );
  const replaced = new Set(fresh.map(([at]) => at));
  const { made, changes } = last;
  const bentUntil = Math.max(
    snapshot.made?.bentUntil ?? 0,
    made?.bentUntil ?? 0,
  );
  return {
    ...snapshot,
    changes,
    edits: [
      ...snapshot.edits.filter(({ at }) => !replaced.has(at)),
      ...fresh.flatMap(([, edits]) => edits),
    ].sort((a, b) => a.at - b.at),
    made: snapshot.made && { ...snapshot.made, bentUntil },
  };
}
