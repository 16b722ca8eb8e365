#!/bin/sh
# Judges the change: annotations on standard output, and a SARIF file where one is asked for. The exit code is the gate's.
set -u
net=
if [ "${NET:-false}" = true ]; then
    net=--net
fi
if [ -n "${SARIF:-}" ]; then
    # Its exit code is that of the run below.
    shield-hook ci $net --quiet --format sarif --output "$SARIF" || true
fi
exec shield-hook ci $net --format github
