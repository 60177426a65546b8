//! The server moves: another certificate, another address, another machine, another identity key; the phones stay joined.

use kairan_core::{
    error::Error,
    records::{Joining, SealState},
};
use kairan_protocol::{
    sign::{Fingerprint, Purpose, Signed},
    wire::Card,
};
use kairan_server::{
    folder,
    identity::{
        Identity,
        tls::{Certificates, Tls},
    },
};
use kairan_tests::{
    DAY, Neighbourhood, Phone, RawPhone, district, phone::Handset, process::Machine, proxy::Proxy, raw,
};
use std::{fs, path::Path, sync::Arc};

/// The card as anybody can read it, checked as far as it goes: the key it names signed it.
async fn card(at: &Proxy) -> Card {
    let url = format!("https://{}/v1/card", at.address);
    let signed: Signed = raw::answer(raw::client().get(url).send().await.unwrap()).await.unwrap();
    let claimed: Card = serde_json::from_str(&signed.payload).unwrap();
    signed.open(&claimed.identity, Purpose::Card).unwrap()
}

/// A circular reaches a phone, and its seal comes back: the two are in touch.
async fn in_touch(hood: &Neighbourhood, officer: &Phone, resident: &Phone, title: &str) {
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], title)).await.unwrap();
    officer.sync().await;
    resident.sync().await;
    assert!(resident.has(&notice), "{title}");
    resident.acknowledge(&notice).await;
    resident.sync().await;
    assert!(matches!(resident.notice(&notice).seal, SealState::Acknowledged { .. }));
    assert!(resident.outbox().is_empty());
}

/// A TLS key and certificate of a folder's identity, made apart from it.
fn certificate_of(folder: &Path, at: &Path) -> Tls {
    Certificates::own(at, &Identity::load(folder).unwrap(), &[]).unwrap();
    Tls::Files { cert: folder::tls(at).join("chain.pem"), key: folder::tls(at).join("key.pem") }
}

async fn scan(phone: &Phone, link: &str) -> Result<Joining, Error> {
    phone.kairan.join(link.to_owned(), Vec::new()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_none_of_the_phones_business() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    let before = card(&hood.proxy).await;
    hood.halt().await;
    Certificates::renew(hood.folder(), &Identity::load(hood.folder()).unwrap(), &before.addresses).unwrap();
    hood.begin().await;
    let renewed = card(&hood.proxy).await;
    assert_ne!(renewed.tls, before.tls);
    in_touch(&hood, &officer, &kiku, "新しい証明書").await;

    hood.halt().await;
    let apart = tempfile::tempdir().unwrap();
    hood.begin_behind(&hood.proxy, certificate_of(hood.folder(), apart.path())).await;
    assert_ne!(card(&hood.proxy).await.tls, renewed.tls);
    in_touch(&hood, &officer, &kiku, "別の証明書").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_announced_is_where_the_phones_go_by_themselves() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    let new = Proxy::start().await;
    let before = card(&hood.proxy).await;
    hood.set_addresses(&[&new, &hood.proxy]).await;
    let announced = card(&hood.proxy).await;
    assert_eq!(announced.addresses, [new.address.to_string(), hood.proxy.address.to_string()]);
    assert!(announced.version > before.version);
    in_touch(&hood, &officer, &kiku, "サーバーを移します").await;

    hood.halt().await;
    assert_eq!(kiku.kairan.sync().await, Err(Error::Offline), "between the two houses");
    let kiku = kiku.restart();
    hood.begin_behind(&new, Tls::Own).await;
    in_touch(&hood, &officer, &kiku, "移りました").await;
    hood.set_addresses(&[&new]).await;
    in_touch(&hood, &officer, &kiku, "前の住所はもうありません").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_look_after_the_announcement_is_enough() {
    let hood = Neighbourhood::midori().await;
    let [told, untold] = [hood.phone("高橋 キク").await, hood.phone("鈴木 次郎").await];
    let new = Proxy::start().await;
    hood.set_addresses(&[&new]).await;
    told.sync().await;
    hood.halt().await;
    hood.begin_behind(&new, Tls::Own).await;
    told.sync().await;
    assert_eq!(untold.kairan.sync().await, Err(Error::Offline));
    assert!(untold.joined(), "and it keeps everything until it hears of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_machine_with_the_same_folder_is_the_same_district() {
    let mut hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    let [new, elsewhere] = [Proxy::start().await, Proxy::start().await];
    hood.set_addresses(&[&hood.proxy, &new]).await;
    officer.sync().await;
    kiku.sync().await;
    let before = card(&hood.proxy).await;

    hood.halt().await;
    let machine = tempfile::tempdir().unwrap();
    hood.carry_to(&machine.path().join("kairan"));
    fs::remove_dir_all(folder::tls(hood.folder())).unwrap();
    hood.begin_behind(&new, Tls::Own).await;
    let after = card(&new).await;
    assert_eq!((after.identity, after.epoch), (before.identity, before.epoch));
    assert_ne!(after.tls, before.tls);
    in_touch(&hood, &officer, &kiku, "別の機械です").await;
    drop(elsewhere);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_was_not_told_scans_any_sheet_even_a_used_up_one_and_goes_on() {
    let hood = Neighbourhood::midori().await;
    let officer = hood.phone("田中 実").await;
    let used_up = hood.sheet("高橋 キク").await;
    let [kiku, ken] = [hood.join(&used_up, &["高橋 キク"]).await, hood.join(&used_up, &["高橋 健"]).await];
    let [kiku, ken] = [kiku.unwrap(), ken.unwrap()];
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    kiku.sync().await;

    hood.halt().await;
    let new = Proxy::start().await;
    hood.begin_behind(&new, Tls::Own).await;
    kiku.acknowledge(&notice).await;
    assert_eq!(kiku.kairan.sync().await, Err(Error::Offline));
    assert_eq!(kiku.outbox().len(), 1);

    // Somebody else's, used up, replaced by a newer one: the place it names is what counts.
    let joined = Joining::Joined { district: "みどり市".to_owned() };
    assert_eq!(scan(&kiku, &used_up.through(new.address).link).await.unwrap(), joined);
    kiku.sync().await;
    assert!(matches!(kiku.notice(&notice).seal, SealState::Acknowledged { .. }));
    let void = hood.printed("高橋 健").await;
    hood.printed("高橋 健").await;
    assert_eq!(scan(&ken, &void.through(new.address).link).await.unwrap(), joined);
    ken.sync().await;
    // One that is still good asks whether its people join this phone too.
    let good = hood.printed("鈴木 次郎").await.through(new.address);
    assert!(matches!(scan(&officer, &good.link).await.unwrap(), Joining::Choose { .. }));
    in_touch(&hood, &officer, &kiku, "移りました").await;
    assert_eq!(kiku.phones(kiku.person.clone()).unwrap().len(), 1, "it is the same phone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_of_another_neighbourhood_leads_nobody_away() {
    let [hood, other] = [Neighbourhood::midori().await, Neighbourhood::of(district::TONARI).await];
    let kiku = hood.phone("高橋 キク").await;
    let sheet = other.sheet("隣 住人").await;
    assert_eq!(scan(&kiku, &sheet.link).await.unwrap_err().code(), "another_neighbourhood");
    hood.halt().await;
    assert_eq!(kiku.kairan.sync().await, Err(Error::Offline));
    hood.begin().await;
    kiku.sync().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_was_told_follows_to_the_next_identity_and_then_needs_the_one_before_no_more() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    let asleep = hood.phone("鈴木 次郎").await;
    let before = card(&hood.proxy).await;
    let next = hood.announce_identity().await;
    let announced = card(&hood.proxy).await;
    assert_eq!(announced.next_identity.unwrap().fingerprint(), next);
    assert!(announced.version > before.version);
    officer.sync().await;
    kiku.sync().await;

    hood.halt().await;
    hood.switch_identity();
    hood.begin().await;
    let switched = card(&hood.proxy).await;
    assert_eq!((switched.identity.fingerprint(), switched.next_identity), (next, None));
    assert!(switched.version > announced.version);
    in_touch(&hood, &officer, &kiku, "鍵を替えました").await;
    let kiku = kiku.restart();

    // Nothing of the earlier key is left at the server: only who followed finds it.
    hood.halt().await;
    fs::remove_file(folder::successions(hood.folder())).unwrap();
    hood.begin().await;
    in_touch(&hood, &officer, &kiku, "前の鍵はもうありません").await;
    assert_eq!(asleep.kairan.sync().await.unwrap_err().code(), "another_identity");
    hood.pass(DAY * 91);
    in_touch(&hood, &officer, &kiku, "新しい鍵で証明します").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_slept_through_two_switches_comes_back_even_when_its_token_ran_out() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    for _ in 0..2 {
        hood.announce_identity().await;
        officer.sync().await;
        hood.halt().await;
        hood.switch_identity();
        hood.begin().await;
        officer.sync().await;
        hood.pass(DAY * 60);
    }
    assert_eq!(card(&hood.proxy).await.successions.len(), 2);
    in_touch(&hood, &officer, &kiku, "お帰りなさい").await;
    let checks = hood.check().await;
    assert!(checks.iter().all(|line| line.good), "{checks:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_holds_all_that_leads_to_the_identity() {
    let mut hood = Neighbourhood::midori().await;
    let [officer, asleep] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    hood.announce_identity().await;
    hood.halt().await;
    hood.switch_identity();
    hood.begin().await;
    officer.sync().await;
    let copy = hood.backup().await;
    hood.restore_on_another_machine(&copy).await;
    in_touch(&hood, &officer, &asleep, "復元しました").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_from_before_the_switch_is_the_phones_district_once_it_has_switched_again() {
    let mut hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    hood.announce_identity().await;
    let copy = hood.backup().await;
    hood.halt().await;
    hood.switch_identity();
    hood.begin().await;
    in_touch(&hood, &officer, &kiku, "鍵を替えました").await;

    hood.restore_on_another_machine(&copy).await;
    assert_eq!(kiku.kairan.sync().await.unwrap_err().code(), "another_identity");
    assert!(kiku.joined());
    hood.halt().await;
    hood.switch_identity();
    hood.begin().await;
    in_touch(&hood, &officer, &kiku, "もう一度替えました").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_identity_was_lost_the_announced_key_takes_its_place() {
    let hood = Neighbourhood::midori().await;
    let [told, untold] = [hood.phone("高橋 キク").await, hood.phone("鈴木 次郎").await];
    let next = hood.announce_identity().await;
    told.sync().await;
    hood.halt().await;
    fs::rename(folder::identity_next(hood.folder()), folder::identity(hood.folder())).unwrap();
    hood.begin().await;
    assert_eq!(card(&hood.proxy).await.identity.fingerprint(), next);
    hood.pass(DAY * 91);
    told.sync().await;
    assert_eq!(untold.kairan.sync().await.unwrap_err().code(), "another_identity");
    assert!(untold.joined());
    // What the lost key cannot say any more, a sheet says that is handed over in person.
    let sheet = hood.sheet("鈴木 次郎").await;
    let code = scan(&untold, &sheet.link).await.unwrap_err();
    assert_eq!(code.code(), "another_neighbourhood", "it has to be joined anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn sheets_printed_before_the_switch_are_good_afterwards_scanned_or_typed() {
    let hood = Neighbourhood::midori().await;
    let [scanned, by_hand, typed] =
        [hood.sheet("高橋 キク").await, hood.sheet("鈴木 次郎").await, hood.sheet("伊藤 三郎").await];
    let kiku = hood.phone("佐藤 一郎").await;
    hood.announce_identity().await;
    hood.halt().await;
    hood.switch_identity();
    hood.begin().await;
    let now = card(&hood.proxy).await.identity.fingerprint();
    assert_ne!(scanned.identity(), now);

    let officer = hood.phone("田中 実").await;
    let resident = hood.join(&scanned, &["高橋 キク"]).await.unwrap();
    in_touch(&hood, &officer, &resident, "ようこそ").await;
    let phone = Phone::join(&typed.typed(), &["伊藤 三郎"], Handset::new(Arc::clone(&hood.clock))).await.unwrap();
    phone.sync().await;
    RawPhone::join_by(&hood, &by_hand, &["鈴木 次郎"]).await.unwrap();
    // And the other way round: a phone that has not followed yet scans a sheet of the new key.
    let fresh = hood.sheet("高橋 キク").await;
    assert_eq!(fresh.identity(), now);
    assert!(matches!(scan(&kiku, &fresh.link).await.unwrap(), Joining::Choose { .. }));
    kiku.sync().await;
}

/// Somebody with another identity who shows everything of ours that can be copied: the card, our certificates.
async fn thief(ours: &Neighbourhood, theirs: &Neighbourhood, at: &Path) {
    let own = Certificates::own(at, &Identity::load(theirs.folder()).unwrap(), &[]).unwrap();
    drop(own);
    let copied = fs::read_to_string(folder::tls(ours.folder()).join("chain.pem")).unwrap();
    let authority = copied.split_inclusive("-----END CERTIFICATE-----\n").skip(1).collect::<String>();
    let chain = folder::tls(at).join("chain.pem");
    let shown = fs::read_to_string(&chain).unwrap() + &authority;
    fs::write(&chain, shown).unwrap();
    theirs.halt().await;
    theirs.begin_behind(&ours.proxy, Tls::Files { cert: chain, key: folder::tls(at).join("key.pem") }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_copied_our_card_and_our_certificates_gets_nothing() {
    let [hood, other] = [Neighbourhood::midori().await, Neighbourhood::of(district::TONARI).await];
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    let sheet = hood.sheet("高橋 キク").await;
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    kiku.sync().await;
    hood.announce_identity().await;
    kiku.sync().await;
    hood.halt().await;
    let apart = tempfile::tempdir().unwrap();
    thief(&hood, &other, apart.path()).await;

    kiku.acknowledge(&notice).await;
    assert_eq!(kiku.kairan.sync().await.unwrap_err().code(), "another_identity");
    assert_eq!(kiku.outbox().len(), 1, "nothing was said");
    assert_eq!(scan(&kiku, &sheet.link).await.unwrap_err().code(), "another_identity");
    let joining = Phone::join(&sheet.link, &["高橋 キク"], Handset::new(Arc::clone(&hood.clock))).await;
    assert_eq!(joining.err().unwrap().code(), "another_identity");

    other.halt().await;
    hood.begin().await;
    in_touch(&hood, &officer, &kiku, "本物です").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_volunteer_moves_house_on_the_command_line() {
    let mut machine = Machine::set_up(district::MIDORI).await;
    machine.serve().await;
    let sheet = machine.sheet("高橋").await;
    let clock = Arc::new(kairan_server::clock::ManualClock::new(kairan_server::clock::Clock::now(
        &kairan_server::clock::SystemClock,
    )));
    let kiku = Phone::join(&sheet.link, &["高橋 キク"], Handset::new(clock)).await.unwrap();
    kiku.sync().await;
    let old = machine.address.to_string();
    let shown = machine.run(&["addresses"]).await.unwrap();
    assert_eq!(shown.trim(), old);
    for wrong in ["https://new.example", "", "a.example,a.example"] {
        machine.run(&["addresses", "--set", wrong]).await.unwrap_err();
    }
    let new = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    machine.run(&["addresses", "--set", &format!("{new},{old}")]).await.unwrap();
    machine.run(&["certificate", "--renew"]).await.unwrap();
    let announced = machine.run(&["identity", "next"]).await.unwrap();
    machine.run(&["identity", "switch"]).await.expect_err("not under a running server");
    kiku.sync().await;

    machine.stop().await;
    machine.run(&["identity", "switch"]).await.unwrap();
    machine.run(&["identity", "switch"]).await.expect_err("nothing is announced");
    machine.address = new;
    machine.serve().await;
    kiku.sync().await;
    let identity = machine.run(&["identity", "show"]).await.unwrap();
    let now: Fingerprint = identity.trim().strip_prefix("identity").unwrap().trim().parse().unwrap();
    assert!(announced.contains(&now.to_string()), "{announced}");
    assert_ne!(now, sheet.identity());
    let checked = machine.run(&["check"]).await.unwrap();
    assert!(!checked.contains("BAD"), "{checked}");
    machine.stop().await;
}
