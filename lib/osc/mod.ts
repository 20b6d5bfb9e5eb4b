/**
 * Open Sound Control: the server as an instrument of a live coder.
 *
 * @module
 */
export {
  openOsc,
  type OscDoor,
  type OscOptions,
  type OscPeer,
} from "./door.ts";
