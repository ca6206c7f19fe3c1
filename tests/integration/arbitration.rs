//! A gateway's 401: asked of Appwrite once for everybody, and applied only to the credential that it was about.

use std::time::Duration;

use appwrite_session_core::{
    Error, Factor, Method, Result, Sent, SessionClient, SessionState, SignedOutReason, Verdict,
};
use tokio::task::JoinHandle;

use crate::{
    journal::of_client,
    support::{Fault, SHORT, World, call, on_all, resumed, sign_in, signed_out, status, until},
};

const ACCOUNT: &str = "/v1/account";
const MANY: usize = 1000;

fn thousand_calls(client: &SessionClient, target: &'static str) -> Vec<JoinHandle<Result<u16>>> {
    // A connection for each call, at both of its ends, is more than many systems allow by default.
    rlimit::increase_nofile_limit(4096).unwrap();
    let call = |_| {
        tokio::spawn({
            let client = client.clone();
            async move { status(&client, target).await }
        })
    };
    (0..MANY).map(call).collect()
}

#[test]
fn a_thousand_denials_cost_one_probe_and_are_answers() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let (before, state) = (world.server.count("GET", ACCOUNT), client.change());
        let held = world.server.hold_many("GET", "/gateway/deny", MANY);
        let calls = thousand_calls(&client, "/gateway/deny");
        held.reached_by(MANY).await;
        held.release();
        for call in calls {
            assert_eq!(call.await.unwrap(), Ok(401), "the gateway's own answer");
        }
        assert_eq!(world.server.count("GET", ACCOUNT) - before, 1);
        assert_eq!(world.server.count("GET", "/gateway/deny"), MANY, "and none was sent twice");
        assert_eq!(client.change(), state);
    });
}

#[test]
fn a_thousand_calls_wait_for_one_probe_under_way() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let before = world.server.count("GET", ACCOUNT);
        let probe = world.server.hold_before("GET", ACCOUNT);
        let calls = thousand_calls(&client, "/gateway/deny");
        probe.reached().await;
        world.server.until(|server| server.answered("/gateway/deny", 401) == MANY).await;
        assert!(calls.iter().all(|call| !call.is_finished()), "nobody is told before it is known");
        probe.release();
        for call in calls {
            assert_eq!(call.await.unwrap(), Ok(401));
        }
        assert_eq!(world.server.count("GET", ACCOUNT) - before, 1);
    });
}

#[test]
fn a_revoked_session_ends_once_for_a_thousand_calls() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let (before, number) = (world.server.count("GET", ACCOUNT), client.change().number);
        let held = world.server.hold_many("GET", "/gateway/whoami", MANY);
        let calls = thousand_calls(&client, "/gateway/whoami");
        held.reached_by(MANY).await;
        world.server.revoke_all(&person);
        held.release();
        let ended = Err(Error::SignedOut(SignedOutReason::SessionEnded, Sent::Something));
        for call in calls {
            assert_eq!(call.await.unwrap(), ended);
        }
        assert_eq!(world.server.count("GET", ACCOUNT) - before, 1);
        let state = client.change();
        assert_eq!((state.state, state.number), (signed_out(SignedOutReason::SessionEnded), number + 1));
        let unsent = Err(Error::SignedOut(SignedOutReason::SessionEnded, Sent::Nothing));
        assert_eq!(status(&client, "/gateway/open").await, unsent);
        client.close().await;
        assert_eq!(world.client().restored().await, signed_out(SignedOutReason::NoSession), "and for good");
    });
}

#[test]
fn a_sign_out_wins_over_a_probe_in_flight_whatever_it_finds() {
    on_all(async |world: &World| {
        for alive in [true, false] {
            let (client, person) = world.signed_in().await;
            // Held after Appwrite's work the probe will find the session alive, held before it, gone.
            let probe = if alive {
                world.server.hold_after("GET", ACCOUNT)
            } else {
                world.server.hold_before("GET", ACCOUNT)
            };
            let mut call = Box::pin(status(&client, "/gateway/deny"));
            until(&mut call, probe.reached()).await;
            client.sign_out().await.unwrap();
            let after = client.change();
            assert_eq!(after.state, signed_out(SignedOutReason::SignedOut));
            if !alive {
                resumed(&client).await;
                assert_eq!(world.server.sessions(&person).len(), 0);
            }
            probe.release();
            assert_eq!(call.await, Err(Error::SignedOut(SignedOutReason::SignedOut, Sent::Something)));
            client.close().await;
            assert_eq!(client.change(), after, "the probe's answer is nobody's any more");
            assert_eq!(world.assert_nothing_is_orphaned(&person).await.name(), "signed_out");
        }
    });
}

#[test]
fn a_new_sign_in_is_not_ended_by_the_old_sessions_death() {
    on_all(async |world: &World| {
        let (client, first) = world.signed_in().await;
        let second = world.server.person();
        let probe = world.server.hold_before("GET", ACCOUNT);
        let mut call = Box::pin(status(&client, "/gateway/deny"));
        until(&mut call, probe.reached()).await;
        world.server.revoke_all(&first);
        sign_in(&client, &second).await;
        let after = client.change();
        probe.release();
        assert_eq!(call.await, Ok(401), "it was the first user's call, and is not sent as the second");
        assert_eq!(client.change(), after);
        assert_eq!(client.account().await.unwrap().user.id, second.id);
        let journal = world.server.journal();
        let denied = of_client(&journal, "GET", "/gateway/deny");
        assert_eq!(denied.len(), 1);
        client.close().await;
        assert_eq!(world.assert_nothing_is_orphaned(&second).await.name(), "signed_in");
    });
}

#[test]
fn a_call_refused_with_an_old_credential_is_repeated_once_with_the_same_users_new_one() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let held = world.server.hold_before("GET", "/gateway/whoami");
        let mut call = Box::pin(status(&client, "/gateway/whoami"));
        until(&mut call, held.reached()).await;
        world.server.revoke_all(&person);
        sign_in(&client, &person).await;
        let before = world.server.count("GET", ACCOUNT);
        held.release();
        assert_eq!(call.await, Ok(200));
        let journal = world.server.journal();
        let sent = of_client(&journal, "GET", "/gateway/whoami");
        assert_eq!(sent.iter().map(|seen| seen.status).collect::<Vec<_>>(), [Some(401), Some(200)]);
        assert_ne!(sent[0].blob(), sent[1].blob());
        assert_eq!(world.server.count("GET", ACCOUNT), before, "it was settled without asking");
    });
}

#[test]
fn no_call_is_repeated_as_another_user() {
    on_all(async |world: &World| {
        for method in [Method::GET, Method::POST] {
            let (client, first) = world.signed_in().await;
            let held = world.server.hold_before(method.as_str(), "/gateway/whoami");
            let mut call = Box::pin(call(&client, method.clone(), "/gateway/whoami"));
            until(&mut call, held.reached()).await;
            world.server.revoke_all(&first);
            sign_in(&client, &world.server.person()).await;
            held.release();
            assert_eq!(call.await, Ok(401), "{method}");
            assert_eq!(world.server.count(method.as_str(), "/gateway/whoami"), 1, "{method}");
        }
    });
}

#[test]
fn a_refused_post_is_repeated_only_if_the_gateway_says_that_it_refused_it_unseen() {
    on_all(async |world: &World| {
        for (target, times) in [("/gateway/whoami", 1), ("/gateway/problem/session_invalid", 2)] {
            let (client, person) = world.signed_in().await;
            let held = world.server.hold_before("POST", target);
            let mut call = Box::pin(call(&client, Method::POST, target));
            until(&mut call, held.reached()).await;
            world.server.revoke_all(&person);
            sign_in(&client, &person).await;
            held.release();
            assert_eq!(call.await, Ok(401), "{target}");
            assert_eq!(world.server.count("POST", target), times, "{target}");
        }
    });
}

#[test]
fn only_the_refused_hop_is_repeated() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let held = world.server.hold_before("GET", "/gateway/whoami");
        let mut call =
            Box::pin(call(&client, Method::POST, "/gateway/redirect?status=303&to=/gateway/whoami"));
        until(&mut call, held.reached()).await;
        world.server.revoke_all(&person);
        sign_in(&client, &person).await;
        held.release();
        assert_eq!(call.await, Ok(200));
        assert_eq!(world.server.count("POST", "/gateway/redirect"), 1, "the POST was taken");
        assert_eq!(world.server.count("GET", "/gateway/whoami"), 2);
    });
}

#[test]
fn a_probe_finds_that_a_factor_is_missing() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        world.server.require_totp(&person);
        assert_eq!(status(&client, "/gateway/whoami").await, Err(Error::MfaRequired(Sent::Something)));
        let SessionState::MfaRequired { factors } = client.state() else { panic!("{:?}", client.change()) };
        assert!(factors.contains(&Factor::Totp));
        let challenge = client.create_mfa_challenge(Factor::Totp).await.unwrap();
        client.complete_mfa_challenge(&challenge, &world.server.totp(&person)).await.unwrap();
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
    });
}

#[test]
fn a_probe_without_a_clear_answer_ends_nothing() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        let client = world.builder().timeouts(SHORT).build().unwrap();
        let restored = client.restored().await;
        for fault in [
            Fault::ResetBefore,
            Fault::Html401,
            Fault::Status500,
            Fault::Unavailable,
            Fault::RateLimited,
            Fault::WrongJson,
            Fault::Hang,
        ] {
            let before = world.server.count("GET", ACCOUNT);
            world.server.fault("GET", ACCOUNT, fault);
            assert_eq!(status(&client, "/gateway/deny").await, Ok(401), "{fault:?}");
            assert_eq!(world.server.count("GET", ACCOUNT) - before, 1, "{fault:?}");
            assert_eq!(client.state(), restored, "{fault:?}");
            world.server.heal();
            world.clock.advance(Duration::from_secs(60));
        }
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
    });
}

/// Of all of Appwrite's 401s only `general_unauthorized_scope` says that the session is no more (contract §2x.8).
#[test]
fn a_401_that_is_about_something_else_ends_nothing() {
    on_all(async |world: &World| {
        world.signed_in().await.0.close().await;
        let client = world.builder().timeouts(SHORT).build().unwrap();
        let restored = client.restored().await;
        for kind in [
            "user_reauthentication_required",
            "user_passkey_invalid",
            "user_oauth2_token_invalid",
            "user_session_age_exceeded",
            "",
        ] {
            world.server.fault("GET", ACCOUNT, Fault::Refusal401(kind));
            assert_eq!(status(&client, "/gateway/deny").await, Ok(401), "{kind}");
            assert_eq!(client.state(), restored, "{kind}");
            assert!(client.account().await.is_err(), "{kind}");
            assert_eq!(client.state(), restored, "{kind}");
            world.server.heal();
            world.clock.advance(Duration::from_secs(60));
        }
        assert_eq!(status(&client, "/gateway/whoami").await, Ok(200));
    });
}

/// A server can be stuck in answering guests in HTML on the probe's route (contract §15.5).
#[test]
fn a_server_that_is_stuck_in_html_is_asked_on_another_route() {
    on_all(async |world: &World| {
        const CURRENT: &str = "/v1/account/sessions/current";
        let (client, person) = world.signed_in().await;
        world.server.fault("GET", ACCOUNT, Fault::Html401);
        assert_eq!(status(&client, "/gateway/deny").await, Ok(401));
        assert_eq!(world.server.count("GET", CURRENT), 1, "asked");
        assert_eq!(client.state().name(), "signed_in", "the session is there");
        world.server.revoke_all(&person);
        world.clock.advance(Duration::from_secs(60));
        let ended = Err(Error::SignedOut(SignedOutReason::SessionEnded, Sent::Something));
        assert_eq!(status(&client, "/gateway/deny").await, ended);
        assert_eq!(client.state(), signed_out(SignedOutReason::SessionEnded));
    });
}

#[test]
fn a_gateway_that_did_not_look_at_the_credential_costs_no_probe() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let (before, state) = (world.server.count("GET", ACCOUNT), client.change());
        for (target, answer) in [
            ("/gateway/problem/session_missing", 401),
            ("/gateway/problem/user_blocked", 403),
            ("/gateway/problem/auth_unavailable", 503),
        ] {
            assert_eq!(status(&client, target).await, Ok(answer), "{target}");
        }
        assert_eq!(world.server.count("GET", ACCOUNT), before);
        assert_eq!(client.change(), state);
    });
}

#[test]
fn what_a_gateway_says_of_the_credential_is_asked_of_appwrite() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let state = client.change();
        for target in [
            "/gateway/problem/session_invalid",
            "/gateway/problem/mfa_required",
            "/gateway/problem/something_new",
            "/gateway/deny",
        ] {
            let before = world.server.count("GET", ACCOUNT);
            assert_eq!(status(&client, target).await, Ok(401), "{target}");
            assert_eq!(world.server.count("GET", ACCOUNT) - before, 1, "{target}");
            assert_eq!(client.change(), state, "{target}: no gateway's word changes the state");
            world.clock.advance(Duration::from_secs(60));
        }
        world.server.revoke_all(&person);
        let ended = Err(Error::SignedOut(SignedOutReason::SessionEnded, Sent::Something));
        assert_eq!(status(&client, "/gateway/problem/session_invalid").await, ended);
    });
}

#[test]
fn a_gateway_that_did_not_look_is_still_tried_again_with_a_newer_credential() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let held = world.server.hold_before("GET", "/gateway/problem/session_missing");
        let mut call = Box::pin(status(&client, "/gateway/problem/session_missing"));
        until(&mut call, held.reached()).await;
        world.server.revoke_all(&person);
        sign_in(&client, &person).await;
        held.release();
        assert_eq!(call.await, Ok(401));
        assert_eq!(world.server.count("GET", "/gateway/problem/session_missing"), 2);
    });
}

#[test]
fn a_gateway_that_denies_by_mistake_costs_appwrite_little() {
    on_all(async |world: &World| {
        let (client, _) = world.signed_in().await;
        let before = world.server.count("GET", ACCOUNT);
        for _ in 0..600 {
            assert_eq!(status(&client, "/gateway/deny").await, Ok(401));
            world.clock.advance(Duration::from_secs(1));
        }
        let probes = world.server.count("GET", ACCOUNT) - before;
        assert!((10..=40).contains(&probes), "{probes} probes in ten minutes of denials");
        assert_eq!(client.state().name(), "signed_in");
    });
}

#[test]
fn a_refusal_that_the_app_reports_is_arbitrated_alike() {
    on_all(async |world: &World| {
        let (client, first) = world.signed_in().await;
        let old = client.authorize("/gateway/open").await.unwrap();
        let before = world.server.count("GET", ACCOUNT);
        let reports: Vec<_> = (0..100)
            .map(|_| {
                tokio::spawn({
                    let (client, old) = (client.clone(), old.clone());
                    async move { client.report_unauthorized(&old).await }
                })
            })
            .collect();
        let mut verdicts = Vec::new();
        for report in reports {
            verdicts.push(report.await.unwrap());
        }
        assert!(verdicts.contains(&Verdict::SessionLives));
        // Who comes after the answer does not ask again.
        let kept = [Verdict::SessionLives, Verdict::Undecided];
        assert!(verdicts.iter().all(|verdict| kept.contains(verdict)), "{verdicts:?}");
        assert_eq!(world.server.count("GET", ACCOUNT) - before, 1);

        world.server.revoke_all(&first);
        let second = world.server.person();
        sign_in(&client, &second).await;
        let before = world.server.count("GET", ACCOUNT);
        let verdict = client.report_unauthorized(&old).await;
        assert_eq!(verdict, Verdict::OtherUser, "it was about a credential of the past");
        assert!(!verdict.should_try_again());
        assert_eq!(world.server.count("GET", ACCOUNT), before);

        let current = client.authorize("/gateway/open").await.unwrap();
        world.server.revoke_all(&second);
        assert_eq!(client.report_unauthorized(&current).await, Verdict::SignedOut);
        assert_eq!(client.state(), signed_out(SignedOutReason::SessionEnded));

        sign_in(&client, &second).await;
        let old = client.authorize("/gateway/open").await.unwrap();
        sign_in(&client, &second).await;
        assert!(
            client.report_unauthorized(&old).await.should_try_again(),
            "another credential of the same user"
        );
        world.server.fault("GET", ACCOUNT, Fault::Status500);
        world.clock.advance(Duration::from_secs(60));
        let current = client.authorize("/gateway/open").await.unwrap();
        assert_eq!(client.report_unauthorized(&current).await, Verdict::Undecided);
        world.server.heal();
    });
}

#[test]
fn a_caller_that_gives_up_does_not_stop_the_probe_for_the_others() {
    on_all(async |world: &World| {
        let (client, person) = world.signed_in().await;
        let probe = world.server.hold_before("GET", ACCOUNT);
        let mut first = Box::pin(status(&client, "/gateway/deny"));
        until(&mut first, probe.reached()).await;
        let second = tokio::spawn({
            let client = client.clone();
            async move { status(&client, "/gateway/deny").await }
        });
        world.server.until(|server| server.answered("/gateway/deny", 401) == 2).await;
        drop(first);
        world.server.revoke_all(&person);
        probe.release();
        assert_eq!(
            second.await.unwrap(),
            Err(Error::SignedOut(SignedOutReason::SessionEnded, Sent::Something))
        );
    });
}
