//! Keys as there are in buckets.

/// So many, in byte order. A few have characters that a listing encodes and XML escapes.
pub(crate) fn keys(count: usize) -> Vec<String> {
    (0..count).map(key).collect()
}

fn key(number: usize) -> String {
    let directory = number / 100;
    match number % 50 {
        0 => format!("photos/2024/d{directory:05}/img_{number:07} (é&ü).jpg"),
        _ => format!("photos/2024/d{directory:05}/img_{number:07}.jpg"),
    }
}
