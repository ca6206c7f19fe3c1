//! A desktop's keyring for tests: a real GNOME Keyring on the private session bus that `tests/run keyring` starts.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a desktop that cannot be set up fails the test"
)]

use std::{
    env, fs,
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use secret_service::{EncryptionType, blocking::SecretService};

/// Set by `tests/run keyring`: without it these tests would write into the keyring of whoever runs them.
const PERMISSION: &str = "APPWRITE_SESSION_TEST_HOME";

/// The password of the test's keyrings. The daemon takes the line end as part of it.
const PASSWORD: &[u8] = b"\n";

/// A running keyring daemon with a keyring of its own, unlocked. Killed when dropped.
pub(crate) struct Desktop {
    home: PathBuf,
    daemon: Option<Child>,
}

impl Desktop {
    /// Starts a daemon with an empty, unlocked keyring.
    pub(crate) fn start() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let root = env::var_os(PERMISSION).unwrap_or_else(|| {
            panic!("this test needs a private session bus: run it with `tests/run keyring`")
        });
        let home = PathBuf::from(root).join(NEXT.fetch_add(1, Ordering::Relaxed).to_string());
        fs::create_dir_all(&home).unwrap();
        let mut desktop = Self { home, daemon: None };
        desktop.restart();
        desktop
    }

    /// Starts the daemon after [`kill`](Self::kill), on the same keyring, unlocked.
    pub(crate) fn restart(&mut self) {
        assert!(self.daemon.is_none(), "the daemon runs already");
        self.daemon = Some(self.start_daemon());
        wait_until("the keyring is there and unlocked", || self.is_unlocked());
    }

    /// Kills the daemon without a chance to say goodbye.
    pub(crate) fn kill(&mut self) {
        let mut daemon = self.daemon.take().expect("the daemon runs");
        daemon.kill().unwrap();
        daemon.wait().unwrap();
        wait_until("the bus knows that the keyring is gone", || {
            SecretService::connect(EncryptionType::Plain).is_err()
        });
    }

    /// Locks the default keyring, as a desktop does when the user asks for it.
    pub(crate) fn lock(&self) {
        let service = SecretService::connect(EncryptionType::Plain).unwrap();
        service.get_default_collection().unwrap().lock().unwrap();
        assert!(!self.is_unlocked());
    }

    /// Unlocks the default keyring as the login does: through the daemon's control socket, without a dialog.
    pub(crate) fn unlock(&self) {
        const UNLOCK: u32 = 1;
        let word = |number: u32| number.to_be_bytes();
        let length = 12 + PASSWORD.len() as u32;
        // One byte of greeting, then the length of all that follows, the operation, and the password after its own length.
        let mut message = vec![0];
        message.extend([word(length), word(UNLOCK), word(PASSWORD.len() as u32)].concat());
        message.extend(PASSWORD);
        let mut control = UnixStream::connect(self.home.join("keyring/control")).unwrap();
        control.write_all(&message).unwrap();
        let mut answer = [0; 8];
        control.read_exact(&mut answer).unwrap();
        assert_eq!(answer, [0, 0, 0, 8, 0, 0, 0, 0], "the keyring refuses to be unlocked");
        wait_until("the keyring is unlocked", || self.is_unlocked());
    }

    fn is_unlocked(&self) -> bool {
        let Ok(service) = SecretService::connect(EncryptionType::Plain) else { return false };
        service.get_default_collection().is_ok_and(|keyring| keyring.is_locked().is_ok_and(|locked| !locked))
    }

    fn start_daemon(&self) -> Child {
        let mut child = Command::new("gnome-keyring-daemon")
            .args(["--foreground", "--unlock", "--components=secrets"])
            .env("HOME", &self.home)
            .env("XDG_DATA_HOME", self.home.join("data"))
            .env("XDG_CONFIG_HOME", self.home.join("config"))
            .env("XDG_CACHE_HOME", self.home.join("cache"))
            .env("XDG_RUNTIME_DIR", &self.home)
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("gnome-keyring-daemon cannot be started: {error}"));
        child.stdin.take().unwrap().write_all(PASSWORD).unwrap();
        child
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            // Best effort: the daemon ends with its bus at the latest.
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain until {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
