/**
 * The priority of threads that compute.
 *
 * @module
 */
import { getPriority, setPriority } from "node:os";

/**
 * Levels of niceness by which a worker gives way: about a third of the time of
 * a thread that wants as much, if the cores do not suffice for both.
 */
const LEVELS = 5;
/** setpriority(2): there is none above. */
const NICEST = 19;

/**
 * Makes this thread, and those that it starts, give way to the one that serves
 * sockets: else that waits for a core while networks run on all of them, which
 * nobody can tell from being blocked. Other processes are given way to only
 * where they are in the same control group. Without the permission, and on
 * systems that know but the priority of a process, nothing changes.
 */
export function giveWay(): void {
  // Elsewhere 0 stands for the process.
  if (Deno.build.os !== "linux") return;
  for (const kind of ["getPriority", "setPriority"] as const) {
    // To be asked for it would be a surprise.
    const { state } = Deno.permissions.querySync({ name: "sys", kind });
    if (state !== "granted") return;
  }
  setPriority(0, Math.min(NICEST, getPriority(0) + LEVELS));
}
