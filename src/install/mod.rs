//! Hooks on disk: install, chain, uninstall, doctor, canary.
