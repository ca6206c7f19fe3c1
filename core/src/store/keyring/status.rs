//! What the Keychain's status numbers mean for a session.

use crate::store::StoreError;

/// `errSecNotAvailable`: no keychain is there yet.
const NOT_AVAILABLE: i32 = -25291;
/// `errSecInteractionNotAllowed`: the device has not been unlocked since it started.
const INTERACTION_NOT_ALLOWED: i32 = -25308;
/// `errSecDecode`: the item is there and cannot be decrypted.
const DECODE: i32 = -26275;

/// The meaning of a status other than "not found". What is not known to be passing or lost is a store that cannot be used now:
/// nothing is deleted for it.
pub(super) fn meaning(status: i32) -> StoreError {
    match status {
        NOT_AVAILABLE | INTERACTION_NOT_ALLOWED => StoreError::Locked,
        DECODE => StoreError::Corrupt,
        _ => StoreError::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_before_its_first_unlock_is_locked_and_not_signed_out() {
        assert_eq!(meaning(-25308), StoreError::Locked);
        assert_eq!(meaning(-25291), StoreError::Locked);
    }

    #[test]
    fn only_an_item_that_cannot_be_decrypted_is_corrupt() {
        let corrupt: Vec<i32> =
            (-70_000..=0).filter(|status| meaning(*status) == StoreError::Corrupt).collect();
        assert_eq!(corrupt, [-26275]);
    }

    #[test]
    fn a_missing_entitlement_is_a_store_that_cannot_be_used() {
        assert_eq!(meaning(-34018), StoreError::Unavailable);
    }
}
