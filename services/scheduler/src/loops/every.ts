export { every, type Loop, type LoopOptions } from "@millrace/shared";
