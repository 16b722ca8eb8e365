#!/bin/sh
# Scans the change: annotations on standard output, and a SARIF file on request. The exit code is that of the gate.
set -u
net=
if [ "${NET:-false}" = true ]; then
    net=--net
fi
if [ -n "${SARIF:-}" ]; then
    # The run below decides the exit code.
    shield-hook ci $net --quiet --format sarif --output "$SARIF" || true
fi
exec shield-hook ci $net --format github
