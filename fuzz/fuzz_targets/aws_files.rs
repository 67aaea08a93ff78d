#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| s4cmd_fuzz::targets::aws_files::run(data));
