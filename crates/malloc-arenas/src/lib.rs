//! A setting of glibc's allocator.
//!
//! Rust has no safe function for it. It is a package of its own so that all others can forbid
//! unsafe code.

/// From now on threads share so many arenas, at most. Those that there are already stay.
///
/// By default glibc gives each thread an arena of its own, up to eight for each core, and what is
/// freed in one is not there for the others. A program whose work wanders from thread to thread
/// thus holds a multiple of what it uses.
///
/// Does nothing where the C library is another one. Source: mallopt(3), `M_ARENA_MAX`.
pub fn limit(arenas: usize) {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: takes two numbers and a lock of its own.
    unsafe {
        libc::mallopt(
            libc::M_ARENA_MAX,
            arenas.try_into().unwrap_or(libc::c_int::MAX),
        );
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    let _ = arenas;
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use std::{fs, sync::Barrier, thread};

    use super::*;

    /// The most that an arena sets aside at once. Source: arena.c, `HEAP_MAX_SIZE`.
    const HEAP: usize = 64 << 20;

    /// Each arena but that of the main thread has at the end of a heap what it does not use yet.
    fn arenas() -> usize {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let unused = maps.lines().filter(|line| {
            let (range, rest) = line.split_once(' ').unwrap();
            let (from, to) = range.split_once('-').unwrap();
            let end = |end| usize::from_str_radix(end, 16).unwrap();
            rest.starts_with("---p") && end(to) % HEAP == 0 && end(to) - end(from) < HEAP
        });
        unused.count()
    }

    #[test]
    fn many_threads_share_few_arenas() {
        limit(2);
        let (count, all) = (12, Barrier::new(12));
        thread::scope(|scope| {
            for _ in 0..count {
                scope.spawn(|| {
                    let bytes = vec![1_u8; 10_000];
                    all.wait();
                    assert!(arenas() <= 2, "{} arenas", arenas());
                    all.wait();
                    drop(bytes);
                });
            }
        });
    }
}
