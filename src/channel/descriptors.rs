//! What a channel script must not inherit: files that this process was itself started with.
//!
//! What the service opens is closed in its children by the standard library. What a careless parent left open in it
//! (a listening socket, a log, a pipe) is not, and is to be sealed once, at the start.

use std::{fs, io};

/// Standard input, output and error are below this and stay as they are.
const FIRST: i32 = 3;
/// The flag in `/proc/self/fdinfo` (octal there), the same on every architecture of Linux but for `sparc`.
const CLOSE_ON_EXEC: u32 = 0o2_000_000;

/// Descriptors could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The system would not say what is open.
    #[error("the open descriptors cannot be listed")]
    Unknown(#[from] io::Error),
    /// A descriptor stayed open for children.
    #[error("descriptor {0} would be inherited by channel scripts")]
    Open(i32),
}

/// Marks every open descriptor from 3 on close-on-exec, and looks whether it took. To be called first of all by a
/// program that sends, before it has other threads.
pub fn seal_descriptors() -> Result<(), SealError> {
    close_fds::set_fds_cloexec_threadsafe(FIRST, &[]);
    for entry in fs::read_dir("/proc/self/fdinfo")? {
        let name = entry?.file_name();
        let Some(descriptor) = name.to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        match fs::read_to_string(format!("/proc/self/fdinfo/{descriptor}")) {
            Ok(info) if descriptor >= FIRST && !is_sealed(&info) => return Err(SealError::Open(descriptor)),
            Ok(_) => {}
            // The listing's own descriptor, or one closed since.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn is_sealed(info: &str) -> bool {
    info.lines()
        .find_map(|line| line.strip_prefix("flags:"))
        .and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok())
        .is_some_and(|flags| flags & CLOSE_ON_EXEC != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_is_read_from_what_the_kernel_writes() {
        assert!(is_sealed("pos:\t0\nflags:\t02100000\nmnt_id:\t9\n"));
        assert!(!is_sealed("pos:\t0\nflags:\t0100002\nmnt_id:\t9\n"));
        assert!(!is_sealed(""));
    }
}
