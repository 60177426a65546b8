//! Stories of the planner, and what holds whatever happens to it.
#![allow(clippy::unwrap_used, reason = "a failed test says so")]

use super::{
    wait::{BACKOFF, CARD, HOUR, MINUTE, POLL, SLOW},
    *,
};
use proptest::prelude::*;

const WHOLE: Step = Step::Sync { batch: Batch::Whole, renew: false };
const TOKEN: Step = Step::Token { slip: false };
const SLIP: Step = Step::Token { slip: true };
const IDLE: Input = Input::Answered { more: false, waiting: false };

fn failed(trouble: Trouble) -> Input {
    Input::Failed { trouble, ops: 0 }
}

fn failed_with(trouble: Trouble, ops: usize) -> Input {
    Input::Failed { trouble, ops }
}

/// A planner with its clock; chance is always one half.
struct Phone {
    planner: Planner,
    now: u64,
}

impl Phone {
    fn new() -> Self {
        Self { planner: Planner::new(Pace::default()), now: 1_000_000 }
    }

    /// One whose first sync was answered and whose stream stands.
    fn at_rest() -> Self {
        let mut phone = Self::new();
        assert_eq!(phone.hears(Input::Started), [WHOLE]);
        assert_eq!(phone.hears(IDLE), [Step::OpenLive]);
        assert_eq!(phone.hears(Input::LiveUp), []);
        assert_eq!(phone.later(3_000), [WHOLE]);
        assert_eq!(phone.hears(IDLE), []);
        phone
    }

    fn hears(&mut self, input: Input) -> Vec<Step> {
        self.planner.take(self.now, input, 0.5);
        self.steps()
    }

    fn steps(&mut self) -> Vec<Step> {
        std::iter::from_fn(|| self.planner.next(self.now)).collect()
    }

    fn later(&mut self, millis: u64) -> Vec<Step> {
        self.now += millis;
        self.hears(Input::Tick)
    }

    /// Waits until the planner wants to be asked again: how long that was, and what it wanted.
    fn sleeps(&mut self) -> (u64, Vec<Step>) {
        let slept = self.planner.wake().unwrap() - self.now;
        (slept, self.later(slept))
    }
}

#[test]
fn a_tap_goes_out_at_once() {
    assert_eq!(Phone::at_rest().hears(Input::Tapped), [WHOLE]);
}

#[test]
fn a_tap_during_a_sync_leads_to_another_one() {
    let mut phone = Phone::at_rest();
    phone.hears(Input::Tapped);
    assert_eq!(phone.hears(Input::Tapped), []);
    assert_eq!(phone.hears(IDLE), [WHOLE]);
    assert_eq!(phone.hears(IDLE), []);
}

#[test]
fn a_poked_phone_waits_a_random_moment() {
    let mut phone = Phone::at_rest();
    assert_eq!(phone.hears(Input::Poked), []);
    assert_eq!(phone.sleeps(), (1_500, vec![WHOLE]));
}

#[test]
fn what_is_more_is_fetched_at_once() {
    let mut phone = Phone::at_rest();
    phone.hears(Input::Tapped);
    assert_eq!(phone.hears(Input::Answered { more: true, waiting: false }), [WHOLE]);
    assert_eq!(phone.hears(Input::Answered { more: false, waiting: true }), [WHOLE]);
    assert_eq!(phone.hears(IDLE), []);
}

#[test]
fn without_a_network_the_waits_grow_and_a_tap_tries_at_once() {
    let mut phone = Phone::new();
    phone.hears(Input::Started);
    let waits: Vec<u64> = (0..12)
        .map(|_| {
            assert_eq!(phone.hears(failed(Trouble::Away)), []);
            phone.sleeps().0
        })
        .collect();
    assert_eq!(waits[..3], [2_000, 4_000, 8_000]);
    assert_eq!(waits[11], BACKOFF.1);
    phone.hears(failed(Trouble::Away));
    assert_eq!(phone.hears(Input::Tapped), [WHOLE]);
}

#[test]
fn when_the_network_is_back_it_does_not_wait_for_its_turn() {
    let mut phone = Phone::new();
    phone.hears(Input::Started);
    for _ in 0..10 {
        phone.hears(failed(Trouble::Cut));
        phone.sleeps();
    }
    phone.hears(failed(Trouble::Cut));
    phone.hears(Input::NetworkBack);
    assert_eq!(phone.sleeps(), (1_500, vec![WHOLE]));
}

#[test]
fn a_server_that_asks_for_patience_gets_it_even_from_taps() {
    let mut phone = Phone::at_rest();
    phone.hears(Input::Tapped);
    assert_eq!(phone.hears(failed(Trouble::Busy { retry_after: Some(30_000) })), []);
    assert_eq!(phone.hears(Input::Tapped), []);
    let (slept, steps) = phone.sleeps();
    assert!((30_000..=46_000).contains(&slept), "{slept}");
    assert_eq!(steps, [WHOLE]);
}

#[test]
fn a_token_that_ran_out_is_replaced_and_the_sync_repeated() {
    let mut phone = Phone::at_rest();
    phone.hears(Input::Tapped);
    assert_eq!(phone.hears(failed(Trouble::TokenUnknown)), [TOKEN]);
    assert_eq!(phone.hears(IDLE), [WHOLE]);
}

#[test]
fn a_fresh_token_that_is_not_taken_does_not_go_round_in_circles() {
    let mut phone = Phone::at_rest();
    phone.hears(Input::Tapped);
    phone.hears(failed(Trouble::TokenUnknown));
    assert_eq!(phone.hears(IDLE), [WHOLE]);
    assert_eq!(phone.hears(failed(Trouble::TokenUnknown)), []);
    let (slept, steps) = phone.sleeps();
    assert!(slept >= 20_000, "{slept}");
    assert_eq!(steps, [TOKEN]);
}

#[test]
fn a_token_is_renewed_along_with_a_sync_when_its_half_life_is_over() {
    let mut phone = Phone::at_rest();
    phone.hears(Input::TokenAt { renew_in: 0 });
    let renewing = Step::Sync { batch: Batch::Whole, renew: true };
    assert_eq!(phone.hears(Input::Tapped), [renewing]);
    assert_eq!(phone.hears(IDLE), []);
    assert_eq!(phone.hears(Input::Tapped), [WHOLE], "not asked for again and again");
}

#[test]
fn a_server_that_forgot_the_device_is_shown_the_slip_at_once_and_the_world_goes_on() {
    let mut phone = Phone::at_rest();
    phone.hears(Input::Tapped);
    assert_eq!(phone.hears(failed(Trouble::TokenUnknown)), [TOKEN]);
    assert_eq!(phone.hears(failed(Trouble::DeviceUnknown)), [SLIP]);
    assert_eq!(phone.hears(IDLE), [WHOLE]);
    assert_eq!(phone.hears(IDLE), []);
    assert_eq!(phone.hears(Input::Tapped), [WHOLE], "shown once");
}

#[test]
fn a_server_that_does_not_take_the_slip_is_asked_again_slowly_and_nothing_is_erased() {
    let mut phone = Phone::at_rest();
    phone.hears(Input::Tapped);
    assert_eq!(phone.hears(failed(Trouble::DeviceUnknown)), [SLIP]);
    assert_eq!(phone.hears(failed(Trouble::DeviceUnknown)), []);
    assert_eq!(phone.sleeps(), (SLOW.0, vec![SLIP]));
    assert_eq!(phone.hears(IDLE), [WHOLE]);
    assert_eq!(phone.hears(failed(Trouble::DeviceUnknown)), [], "a slip that helps nothing is no reason to hurry");
    assert_eq!(phone.sleeps().1, [SLIP]);
}

#[test]
fn after_a_change_of_epoch_the_slip_is_shown_once() {
    let mut phone = Phone::at_rest();
    phone.hears(Input::Tapped);
    phone.hears(Input::SlipOwed);
    assert_eq!(phone.hears(Input::Answered { more: true, waiting: true }), [SLIP]);
    assert_eq!(phone.hears(IDLE), [WHOLE]);
    assert_eq!(phone.hears(IDLE), []);
    assert_eq!(phone.hears(Input::Tapped), [WHOLE]);
}

#[test]
fn a_slip_that_is_only_owed_holds_up_nothing() {
    for trouble in [Trouble::DeviceUnknown, Trouble::Away, Trouble::Broken, Trouble::Rejected, Trouble::TokenUnknown] {
        let mut phone = Phone::at_rest();
        phone.hears(Input::SlipOwed);
        assert_eq!(phone.hears(Input::Tapped), [SLIP]);
        assert_eq!(phone.hears(failed(trouble)), [WHOLE], "{trouble:?}: the token in use may well do");
        assert_eq!(phone.hears(IDLE), []);
        assert_eq!(phone.later(2 * HOUR), [SLIP], "{trouble:?}: tried again");
    }
}

#[test]
fn a_device_whose_slip_is_answered_with_revoked_is_erased() {
    let mut phone = Phone::at_rest();
    phone.hears(Input::SlipOwed);
    assert_eq!(phone.hears(Input::Tapped), [SLIP]);
    assert_eq!(phone.hears(failed(Trouble::Revoked)), [Step::CloseLive, Step::Erase]);
}

#[test]
fn a_device_that_was_signed_off_is_erased_and_stays_silent() {
    let mut phone = Phone::at_rest();
    phone.hears(Input::Tapped);
    assert_eq!(phone.hears(failed(Trouble::Revoked)), [Step::CloseLive, Step::Erase]);
    assert_eq!(phone.hears(Input::Tapped), []);
    assert_eq!(phone.planner.wake(), None);
}

#[test]
fn one_op_the_server_does_not_take_is_found_and_parked_and_the_others_go() {
    let one = Step::Sync { batch: Batch::One, renew: false };
    let mut phone = Phone::at_rest();
    phone.hears(Input::Tapped);
    assert_eq!(phone.hears(failed_with(Trouble::Rejected, 3)), [one]);
    assert_eq!(phone.hears(Input::Answered { more: false, waiting: true }), [one]);
    assert_eq!(phone.hears(failed_with(Trouble::Rejected, 1)), [Step::Park, one]);
    assert_eq!(phone.hears(IDLE), []);
    assert_eq!(phone.hears(Input::Tapped), [WHOLE]);
}

#[test]
fn a_server_that_breaks_without_ops_too_makes_no_op_guilty() {
    let empty = Step::Sync { batch: Batch::Empty, renew: false };
    let mut phone = Phone::at_rest();
    phone.hears(Input::Tapped);
    for _ in 0..2 {
        assert_eq!(phone.hears(failed_with(Trouble::Broken, 1)), []);
        assert_eq!(phone.sleeps().1, [WHOLE]);
    }
    assert_eq!(phone.hears(failed_with(Trouble::Broken, 1)), [empty]);
    assert_eq!(phone.hears(failed(Trouble::Broken)), []);
    assert_eq!(phone.sleeps().1, [WHOLE]);
}

#[test]
fn an_op_that_breaks_the_server_each_time_is_parked() {
    let one = Step::Sync { batch: Batch::One, renew: false };
    let mut phone = Phone::at_rest();
    phone.hears(Input::Tapped);
    for _ in 0..2 {
        phone.hears(failed_with(Trouble::Broken, 1));
        phone.sleeps();
    }
    phone.hears(failed_with(Trouble::Broken, 1));
    assert_eq!(phone.hears(Input::Answered { more: false, waiting: true }), [one]);
    assert_eq!(phone.hears(failed_with(Trouble::Broken, 1)), [Step::Park, WHOLE]);
}

#[test]
fn where_no_stream_can_stand_it_polls_ever_more_seldom() {
    let mut phone = Phone::new();
    phone.hears(Input::Started);
    phone.hears(IDLE);
    phone.hears(Input::LiveDown);
    let mut syncs = Vec::new();
    while phone.now < 1_000_000 + 3 * HOUR {
        for step in phone.sleeps().1 {
            match step {
                Step::Sync { .. } => {
                    syncs.push(phone.now);
                    phone.hears(IDLE);
                }
                _ => assert_eq!(phone.hears(Input::LiveDown), []),
            }
        }
    }
    let waits: Vec<u64> = syncs.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(waits[..3], [2 * MINUTE, 4 * MINUTE, 8 * MINUTE]);
    assert_eq!(*waits.last().unwrap(), POLL.1);
}

#[test]
fn a_stream_that_ends_is_a_reason_to_look_and_to_open_it_again() {
    let mut phone = Phone::at_rest();
    assert_eq!(phone.hears(Input::LiveDown), []);
    assert_eq!(phone.sleeps(), (2_000, vec![Step::OpenLive]));
    assert_eq!(phone.sleeps().1, [WHOLE]);
}

#[test]
fn old_addresses_are_looked_up_once_a_week() {
    let mut phone = Phone::at_rest();
    assert_eq!(phone.hears(Input::CardAt { age: 8 * 24 * HOUR }), [Step::Card]);
    assert_eq!(phone.hears(Input::Tapped), []);
    assert_eq!(phone.hears(failed(Trouble::Away)), [WHOLE], "the tap is not forgotten");
}

#[test]
fn a_newer_card_is_read_at_once_even_by_a_phone_that_was_only_woken_to_sync() {
    let mut planner = Planner::new(Pace::default());
    planner.take(0, Input::Tapped, 0.5);
    assert_eq!(planner.next(0), Some(WHOLE));
    planner.take(0, Input::CardOwed, 0.5);
    planner.take(0, IDLE, 0.5);
    assert_eq!(planner.next(0), Some(Step::Card));
    planner.take(0, IDLE, 0.5);
    assert_eq!(planner.next(0), None);
}

#[test]
fn a_newer_card_that_could_not_be_read_is_tried_again_within_the_hour_and_holds_nothing_up() {
    let mut phone = Phone::at_rest();
    assert_eq!(phone.hears(Input::CardOwed), [Step::Card]);
    assert_eq!(phone.hears(failed(Trouble::Away)), []);
    assert_eq!(phone.hears(Input::Tapped), [WHOLE]);
    assert_eq!(phone.hears(IDLE), []);
    let mut waited = 0;
    loop {
        let (slept, steps) = phone.sleeps();
        waited += slept;
        if steps.contains(&Step::Card) || phone.hears(IDLE).contains(&Step::Card) {
            break;
        }
    }
    assert!(waited <= HOUR, "{waited}");
}

fn inputs() -> impl Strategy<Value = Input> {
    let trouble = prop_oneof![
        Just(Trouble::Cut),
        Just(Trouble::Away),
        prop::option::of(0_u64..100_000).prop_map(|retry_after| Trouble::Busy { retry_after }),
        Just(Trouble::Broken),
        Just(Trouble::TokenUnknown),
        Just(Trouble::DeviceUnknown),
        Just(Trouble::Rejected),
        Just(Trouble::Own),
    ];
    prop_oneof![
        4 => Just(Input::Tapped),
        2 => Just(Input::Poked),
        1 => Just(Input::Started),
        2 => any::<(bool, bool)>().prop_map(|(more, waiting)| Input::Answered { more, waiting }),
        4 => (trouble, 0_usize..4).prop_map(|(trouble, ops)| Input::Failed { trouble, ops }),
        1 => Just(Input::LiveUp),
        1 => Just(Input::LiveDown),
        1 => Just(Input::NetworkBack),
        1 => Just(Input::SlipOwed),
        1 => Just(Input::CardOwed),
        1 => (0_u64..1_000_000).prop_map(|renew_in| Input::TokenAt { renew_in }),
        1 => (0..2 * CARD).prop_map(|age| Input::CardAt { age }),
        2 => Just(Input::Tick),
    ]
}

proptest! {
    #[test]
    fn never_two_exchanges_at_once_and_never_a_wait_beyond_the_longest(
        story in prop::collection::vec((inputs(), 0_u64..200_000, 0.0..1.0_f64), 1..80),
    ) {
        let mut planner = Planner::new(Pace::default());
        let (mut now, mut under_way) = (0, false);
        planner.take(now, Input::Started, 0.0);
        for (input, passed, chance) in story {
            let ends = matches!(input, Input::Answered { .. } | Input::Failed { .. });
            if ends && !under_way {
                continue;
            }
            now += passed;
            planner.take(now, input, chance);
            under_way &= !ends;
            for _ in 0..20 {
                match planner.next(now) {
                    Some(Step::Sync { .. } | Step::Token { .. } | Step::Card) => {
                        prop_assert!(!under_way);
                        under_way = true;
                    }
                    Some(_) => {}
                    None => break,
                }
            }
            prop_assert_eq!(planner.next(now), None, "the steps of one moment come to an end");
            if !under_way {
                let wake = planner.wake();
                prop_assert!(wake.is_some_and(|wake| wake > now && wake - now <= SLOW.1 * 5 / 4), "{:?}", wake);
            }
        }
    }

    #[test]
    fn a_tap_always_leads_to_a_sync_that_began_after_it(
        story in prop::collection::vec((inputs(), 0_u64..200_000, 0.0..1.0_f64), 0..60),
    ) {
        let mut planner = Planner::new(Pace::default());
        let (mut now, mut under_way) = (0, None);
        planner.take(now, Input::Started, 0.0);
        for (input, passed, chance) in story {
            let ends = matches!(input, Input::Answered { .. } | Input::Failed { .. });
            if !ends || under_way.take().is_some() {
                now += passed;
                planner.take(now, input, chance);
            }
            while let Some(step) = planner.next(now) {
                if matches!(step, Step::Sync { .. } | Step::Token { .. } | Step::Card) {
                    under_way = Some(step);
                }
            }
        }
        planner.take(now, Input::Tapped, 0.5);
        let mut began = false;
        // From here on the server answers everything.
        for _ in 0..20 {
            while let Some(step) = planner.next(now) {
                began |= matches!(step, Step::Sync { batch: Batch::Whole | Batch::One, .. });
                if matches!(step, Step::Sync { .. } | Step::Token { .. } | Step::Card) {
                    under_way = Some(step);
                }
            }
            if began {
                break;
            }
            if under_way.take().is_some() {
                planner.take(now, IDLE, 0.5);
            } else {
                now = planner.wake().unwrap();
            }
        }
        prop_assert!(began);
    }
}
