//! A store that outlives the app, as iOS's does: the next installation begins anew, where the app wants that.

use std::{fs, path::PathBuf};

use appwrite_session_core::{
    SessionClient, SessionState, SignedOutReason,
    store::{Operation, SecureStore as _},
};

use crate::support::{World, on_all, resumed, sign_in, signed_out, status};

/// The app's own folder, which is removed with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(std::env::temp_dir().join(format!("appwrite-session-marker-{:016x}", fastrand::u64(..))))
    }

    pub(crate) fn marker(&self) -> PathBuf {
        self.0.join("support").join("installation")
    }

    fn client(&self, world: &World) -> SessionClient {
        world.builder().forget_after_reinstall(self.marker()).build().unwrap()
    }

    /// Removes the app.
    pub(crate) fn remove(&self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_session_of_the_installation_before_is_forgotten_and_revoked() {
    on_all(async |world: &World| {
        let folder = Folder::new();
        let (client, person) = (folder.client(world), world.server.person());
        sign_in(&client, &person).await;
        client.close().await;
        let client = folder.client(world);
        assert_eq!(client.restored().await.name(), "signed_in", "a restart is no reinstallation");
        client.close().await;

        folder.remove();
        let client = folder.client(world);
        assert_eq!(client.restored().await, signed_out(SignedOutReason::NoSession));
        resumed(&client).await;
        assert_eq!(world.server.sessions(&person).len(), 0);
        assert!(world.store.inner().load(&world.key()).unwrap().is_none());
        let second = world.server.person();
        sign_in(&client, &second).await;
        client.close().await;
        assert_eq!(folder.client(world).restored().await.name(), "signed_in");
    });
}

#[test]
fn whoever_was_signed_in_before_the_app_asked_for_this_stays_so() {
    on_all(async |world: &World| {
        let folder = Folder::new();
        world.signed_in().await.0.close().await;
        let client = folder.client(world);
        assert_eq!(client.restored().await.name(), "signed_in");
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
        resumed(&client).await;
        client.close().await;
        // From here on the record is of this installation.
        folder.remove();
        assert_eq!(folder.client(world).restored().await, signed_out(SignedOutReason::NoSession));
    });
}

#[test]
fn a_marker_that_cannot_be_read_decides_nothing() {
    on_all(async |world: &World| {
        let folder = Folder::new();
        let client = folder.client(world);
        sign_in(&client, &world.server.person()).await;
        client.close().await;
        let (marker, aside) = (folder.marker(), folder.0.join("aside"));
        fs::rename(&marker, &aside).unwrap();
        fs::create_dir(&marker).unwrap();
        let client = folder.client(world);
        assert_eq!(client.restored().await, SessionState::StorageLocked);
        assert_eq!(world.server.count("DELETE", "/v1/account/sessions/current"), 0);
        fs::remove_dir(&marker).unwrap();
        fs::rename(&aside, &marker).unwrap();
        assert_eq!(resumed(&client).await.name(), "signed_in");
    });
}

#[test]
fn a_marker_that_was_cut_off_signs_nobody_out() {
    on_all(async |world: &World| {
        let folder = Folder::new();
        let client = folder.client(world);
        sign_in(&client, &world.server.person()).await;
        client.close().await;
        for content in [&b""[..], b"6b04729", b"\xff\xfe"] {
            fs::write(folder.marker(), content).unwrap();
            let client = folder.client(world);
            assert_eq!(client.restored().await.name(), "signed_in");
            client.close().await;
        }
    });
}

#[test]
fn an_extension_sees_it_and_leaves_it_to_the_app() {
    on_all(async |world: &World| {
        let folder = Folder::new();
        let (client, person) = (folder.client(world), world.server.person());
        sign_in(&client, &person).await;
        client.close().await;
        folder.remove();
        let saves = world.store.calls(Operation::Save);
        let extension = world.builder().read_only().forget_after_reinstall(folder.marker()).build().unwrap();
        assert_eq!(extension.restored().await, signed_out(SignedOutReason::NoSession));
        assert_eq!(world.store.calls(Operation::Save), saves);
        assert!(world.has_record_of(&person));
        assert!(!folder.marker().exists());
    });
}
