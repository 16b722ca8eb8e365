#!/usr/bin/env node
// Starts the program of the package for this platform. Hooks that `shield-hook install` writes start it without Node.
"use strict";
const { spawnSync } = require("node:child_process");

const own = `@NAME@-${process.platform}-${process.arch}`;
const file = process.platform === "win32" ? "shield-hook.exe" : "shield-hook";
let program;
try {
  program = require.resolve(`${own}/bin/${file}`);
} catch {
  console.error(`shield-hook: error: the package ${own} is not installed, so nothing was checked`);
  console.error("  help: npm leaves it out with --omit=optional, or with a node_modules of another machine: install again");
  process.exit(2);
}
const { status, signal, error } = spawnSync(program, process.argv.slice(2), { stdio: "inherit" });
if (error) {
  console.error(`shield-hook: error: ${program} cannot be started: ${error.message}`);
  process.exit(2);
}
if (signal) {
  process.kill(process.pid, signal);
}
// A signal that is ignored must not look like success.
process.exit(status === null ? 2 : status);
