export { every, type Loop, type LoopOptions, paced } from "@millrace/shared";
