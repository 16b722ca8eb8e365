#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| shield_hook_fuzz::targets::staged(data));
