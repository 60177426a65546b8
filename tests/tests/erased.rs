//! Moods whose consent was withdrawn are gone: every byte of the machine, of a backup made since and of the commissioner's phone
//! is looked through.

use kairan_core::records::Mood;
use kairan_tests::{DAY, Neighbourhood, Phone, bytes::files_with};

const TEAM: &str = "緑ヶ丘 民生委員";
/// Twelve days nobody else had.
const STRIP: &str = "gfgggffgfffg";

/// What only the status row of a home says.
fn status_of(household: &str) -> String {
    format!("\"household\":\"{household}\",\"check_ins\"")
}

/// Twelve days of answers of two neighbours, seen by the team each day.
async fn days(hood: &Neighbourhood, kiku: &Phone, hanako: &Phone, team: &Phone) {
    kiku.consent(true).await;
    hanako.consent(true).await;
    for letter in STRIP.chars() {
        hood.pass(DAY);
        kiku.check_in(if letter == 'g' { Mood::Good } else { Mood::Fair }).await.unwrap();
        hanako.check_in(Mood::Good).await.unwrap();
        let today = Some(kiku.home().today);
        let said = || team.desk(&hood.group(TEAM)).statuses.iter().filter(|status| status.day == today).count();
        hood.until("both moods at the team", &[kiku, hanako, team], || said() == 2).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_consent_is_withdrawn_no_byte_of_the_strip_is_left_where_it_was_seen() {
    let mut hood = Neighbourhood::midori().await;
    let [team, kiku, hanako] =
        [hood.phone("山本 文子").await, hood.phone("高橋 キク").await, hood.phone("佐藤 花子").await];
    days(&hood, &kiku, &hanako, &team).await;
    for folder in [hood.folder(), team.dir()] {
        assert!(!files_with(folder, STRIP.as_bytes()).is_empty(), "what is searched for was there");
    }

    kiku.consent(false).await;
    let left = |folder: &std::path::Path| {
        let parts = [STRIP, &STRIP[..7], &STRIP[4..11], &status_of("高橋")].map(str::to_owned);
        parts.into_iter().flat_map(|part| files_with(folder, part.as_bytes())).collect::<Vec<String>>()
    };
    let gone = || left(hood.folder()).is_empty() && left(team.dir()).is_empty();
    hood.until("the strip to be gone everywhere", &[&kiku, &team], gone).await;
    assert!(team.desk(&hood.group(TEAM)).statuses.iter().all(|status| status.name != "高橋 キク"));
    for folder in [hood.folder(), team.dir()] {
        assert!(!files_with(folder, status_of("佐藤").as_bytes()).is_empty(), "the neighbour's is found");
    }

    // A backup made since is opened on another machine.
    let since = hood.backup().await;
    hood.restore_on_another_machine(&since).await;
    assert_eq!(left(hood.folder()), Vec::<String>::new());
    let bad: Vec<_> = hood.check().await.into_iter().filter(|line| !line.good).collect();
    assert_eq!(bad, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_machine_forgets_again_what_its_backup_still_held() {
    let mut hood = Neighbourhood::midori().await;
    let [team, kiku, hanako, chair] = [
        hood.phone("山本 文子").await,
        hood.phone("高橋 キク").await,
        hood.phone("佐藤 花子").await,
        hood.phone("佐藤 一郎").await,
    ];
    days(&hood, &kiku, &hanako, &team).await;
    let night = hood.backup().await;
    hood.pass(DAY);
    kiku.check_in(Mood::Good).await.unwrap();
    kiku.sync().await;
    kiku.consent(false).await;
    hood.until("the withdrawal to have arrived", &[&kiku, &chair], || kiku.home().waiting == 0).await;
    hood.until("the officers' mark", &[&chair], || true).await;

    hood.restore_on_another_machine(&night).await;
    assert!(!files_with(hood.folder(), STRIP.as_bytes()).is_empty(), "the night's backup had it");
    // The officer's phone tells of the withdrawal first, then the resident's hands back what was said before it.
    let gone = || files_with(hood.folder(), &STRIP.as_bytes()[..7]).is_empty();
    hood.until("the machine to have forgotten", &[&chair], gone).await;
    hood.until("everything handed back", &[&kiku, &team, &hanako], || kiku.home().waiting == 0).await;
    hood.until("another look", &[&kiku, &team], gone).await;
    assert_eq!(files_with(team.dir(), &STRIP.as_bytes()[..7]), Vec::<String>::new());
    let bad: Vec<_> = hood.check().await.into_iter().filter(|line| !line.good).collect();
    assert_eq!(bad, []);
}
