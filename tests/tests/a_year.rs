//! A year of one association, from the empty folder to the handing over: twenty homes, twelve by app and eight on paper, and
//! thirty circulars, each with its figures.
//!
//! | from | 1班 | 2班 | 3班 | homes | by app | on paper | what happens |
//! |---|---|---|---|---|---|---|---|
//! | April 2027 | 5 + 2 | 4 + 3 | 3 + 3 | 20 | 12 | 8 | the roster comes in, twelve phones join; circulars 1 to 8: the 3rd to 2班 alone, the 6th is corrected and asks anew |
//! | July | 4 + 2 | 5 + 3 | 3 + 3 | 20 | 12 | 8 | 9 to 16: after the 10th 伊藤 moves from 1班 to 2班; the 13th is withdrawn, the 15th is an emergency |
//! | October | 4 + 2 | 5 + 3 | 4 + 3 | 21 | 13 | 8 | 17 to 23: after the 18th 木下 moves into 3班; the 20th to 3班 alone |
//! | January 2028 | 4 + 2 | 5 + 2 | 4 + 3 | 20 | 13 | 7 | 24 to 30: after the 25th 中村 ヨシ dies, who lived alone, and the phone of 渡辺 breaks |
//! | March | 4 + 2 | 5 + 2 | 5 + 2 | 20 | 14 | 6 | after the 28th next year's roster: 山崎 has a phone now, 斎藤 is 齋藤; after the 29th the roles change hands |
//!
//! The plan (`a_year/plan.rs`) has a letter per home and circular, and beside it the figures: count the letters. Sums of the delivery
//! lists are counted the same way, over what was sent less than sixty days ago and is still to be carried somewhere in the block.

mod association;
mod plan;

use association::{Association, NAME};
use kairan_core::records::{
    Correction, Departure, Draft, NewHome, NewPerson, NoticeKind, Points, Reach, RoleKind, RosterCorrection, SentState,
};
use kairan_tests::Phone;
use plan::{AUTUMN, BEFORE_THE_CORRECTION, HOMES, SPRING, SUMMER, WINTER};

const ROSTER: &str = "令和9年度 桜町内会 会員名簿
班,世帯主,氏名,ふりがな,続柄,配布,役職
1班,佐藤 一郎,佐藤 一郎,さとう いちろう,世帯主,アプリ,会長
1班,佐藤 一郎,佐藤 花子,さとう はなこ,妻,,
1班,鈴木 春子,鈴木 春子,すずき はるこ,世帯主,アプリ,班長
1班,高橋 健,高橋 健,たかはし けん,世帯主,アプリ,
1班,伊藤 進,伊藤 進,いとう すすむ,世帯主,アプリ,
1班,伊藤 進,伊藤 由美,いとう ゆみ,妻,,
1班,渡辺 明,渡辺 明,わたなべ あきら,世帯主,アプリ,
1班,小林 トメ,小林 トメ,こばやし とめ,世帯主,紙,
1班,加藤 清,加藤 清,かとう きよし,世帯主,紙,
2班,吉田 三郎,吉田 三郎,よしだ さぶろう,世帯主,アプリ,班長
2班,山田 恵,山田 恵,やまだ めぐみ,世帯主,アプリ,
2班,佐々木 誠,佐々木 誠,ささき まこと,世帯主,アプリ,
2班,山口 修,山口 修,やまぐち おさむ,世帯主,アプリ,
2班,松本 フミ,松本 フミ,まつもと ふみ,世帯主,紙,
2班,井上 勇,井上 勇,いのうえ いさむ,世帯主,紙,
2班,井上 勇,井上 スミ,いのうえ すみ,妻,,
2班,中村 ヨシ,中村 ヨシ,なかむら よし,世帯主,紙,
3班,木村 豊,木村 豊,きむら ゆたか,世帯主,アプリ,
3班,林 学,林 学,はやし まなぶ,世帯主,アプリ,
3班,斎藤 武,斎藤 武,さいとう たけし,世帯主,アプリ,
3班,清水 ハル,清水 ハル,しみず はる,世帯主,紙,
3班,山崎 茂,山崎 茂,やまざき しげる,世帯主,紙,
3班,森 キヨ,森 キヨ,もり きよ,世帯主,紙,
";

const PHONES: [(&str, &str); 12] = [
    ("佐藤", "佐藤 一郎"),
    ("鈴木", "鈴木 春子"),
    ("高橋", "高橋 健"),
    ("伊藤", "伊藤 進"),
    ("渡辺", "渡辺 明"),
    ("吉田", "吉田 三郎"),
    ("山田", "山田 恵"),
    ("佐々木", "佐々木 誠"),
    ("山口", "山口 修"),
    ("木村", "木村 豊"),
    ("林", "林 学"),
    ("斎藤", "斎藤 武"),
];

/// Next year's file, as the officers keep it: 伊藤 stands in 2班, 中村 is struck out, 木下 is there, 斎藤 is written as the family
/// writes it, and 山崎 reads by app.
const NEXT_ROSTER: &str = "令和10年度 桜町内会 会員名簿
班,世帯主,氏名,ふりがな,続柄,配布,役職
1班,佐藤 一郎,佐藤 一郎,さとう いちろう,世帯主,アプリ,会長
1班,佐藤 一郎,佐藤 花子,さとう はなこ,妻,,
1班,鈴木 春子,鈴木 春子,すずき はるこ,世帯主,アプリ,班長
1班,高橋 健,高橋 健,たかはし けん,世帯主,アプリ,
1班,渡辺 明,渡辺 明,わたなべ あきら,世帯主,アプリ,
1班,小林 トメ,小林 トメ,こばやし とめ,世帯主,紙,
1班,加藤 清,加藤 清,かとう きよし,世帯主,紙,
2班,吉田 三郎,吉田 三郎,よしだ さぶろう,世帯主,アプリ,班長
2班,山田 恵,山田 恵,やまだ めぐみ,世帯主,アプリ,
2班,佐々木 誠,佐々木 誠,ささき まこと,世帯主,アプリ,
2班,山口 修,山口 修,やまぐち おさむ,世帯主,アプリ,
2班,松本 フミ,松本 フミ,まつもと ふみ,世帯主,紙,
2班,井上 勇,井上 勇,いのうえ いさむ,世帯主,紙,
2班,井上 勇,井上 スミ,いのうえ すみ,妻,,
2班,伊藤 進,伊藤 進,いとう すすむ,世帯主,アプリ,
2班,伊藤 進,伊藤 由美,いとう ゆみ,妻,,
3班,木村 豊,木村 豊,きむら ゆたか,世帯主,アプリ,班長
3班,林 学,林 学,はやし まなぶ,世帯主,アプリ,
3班,齋藤 武,齋藤 武,さいとう たけし,世帯主,アプリ,
3班,清水 ハル,清水 ハル,しみず はる,世帯主,紙,
3班,山崎 茂,山崎 茂,やまざき しげる,世帯主,アプリ,
3班,森 キヨ,森 キヨ,もり きよ,世帯主,紙,
3班,木下 美咲,木下 美咲,きのした みさき,世帯主,アプリ,
";

/// The export at the end, without our own numbers.
const EXPORTED: &str = "班,世帯主,氏名,ふりがな,続柄,配布,役職
1班,佐藤 一郎,佐藤 一郎,さとう いちろう,世帯主,アプリ,
1班,佐藤 一郎,佐藤 花子,さとう はなこ,,アプリ,
1班,鈴木 春子,鈴木 春子,すずき はるこ,世帯主,アプリ,
1班,高橋 健,高橋 健,たかはし けん,世帯主,アプリ,班長
1班,渡辺 明,渡辺 明,わたなべ あきら,世帯主,アプリ,
1班,小林 トメ,小林 トメ,こばやし とめ,世帯主,紙,
1班,加藤 清,加藤 清,かとう きよし,世帯主,紙,
2班,吉田 三郎,吉田 三郎,よしだ さぶろう,世帯主,アプリ,
2班,山田 恵,山田 恵,やまだ めぐみ,世帯主,アプリ,会長
2班,佐々木 誠,佐々木 誠,ささき まこと,世帯主,アプリ,班長
2班,山口 修,山口 修,やまぐち おさむ,世帯主,アプリ,
2班,松本 フミ,松本 フミ,まつもと ふみ,世帯主,紙,
2班,井上 勇,井上 勇,いのうえ いさむ,世帯主,紙,
2班,井上 勇,井上 スミ,いのうえ すみ,,紙,
2班,伊藤 進,伊藤 進,いとう すすむ,世帯主,アプリ,
2班,伊藤 進,伊藤 由美,いとう ゆみ,,アプリ,
3班,木村 豊,木村 豊,きむら ゆたか,世帯主,アプリ,
3班,林 学,林 学,はやし まなぶ,世帯主,アプリ,班長
3班,齋藤 武,齋藤 武,さいとう たけし,世帯主,アプリ,
3班,清水 ハル,清水 ハル,しみず はる,世帯主,紙,
3班,山崎 茂,山崎 茂,やまざき しげる,世帯主,アプリ,
3班,森 キヨ,森 キヨ,もり きよ,世帯主,紙,
3班,木下 美咲,木下 美咲,きのした みさき,世帯主,アプリ,
";

#[tokio::test(flavor = "multi_thread")]
async fn an_association_goes_through_a_year_and_every_figure_is_the_one_counted_by_hand() {
    let mut town = Association::set_up(HOMES).await;
    the_roster_comes_in_and_twelve_phones_join(&mut town).await;
    spring(&mut town).await;
    summer(&mut town).await;
    autumn(&mut town).await;
    winter(&mut town).await;
    the_roles_change_hands(&mut town).await;
    the_roster_goes_out(&town).await;
}

async fn the_roster_comes_in_and_twelve_phones_join(town: &mut Association) {
    let (asked, said) = town.import(ROSTER).await;
    assert_eq!(asked.len(), 3, "the chair and two leaders: {asked:?}");
    assert!(said.contains("新しい世帯 20、新しい方 23人"), "{said}");
    for (home, head) in PHONES {
        town.joins(home, head).await;
    }
    until_reached(town, Reach { households: 20, app: 12, paper: 8 }).await;
    // The file names no leader of 3班: the chair appoints one, until the end of the year.
    let (kimura, block) = (town.head("木村"), town.block("3班"));
    let term = "2028-03-15T15:00:00Z".parse::<kairan_protocol::time::Timestamp>().unwrap().millis();
    let chair = town.phone("佐藤");
    chair.grant_role(chair.person.clone(), kimura, block, RoleKind::BlockLeader, Some(term)).await.unwrap();
    town.everybody_looks().await;
    assert_eq!(town.phone("木村").desk_names(), ["3班"]);
}

async fn spring(town: &mut Association) {
    for circular in &SPRING[..5] {
        town.goes_round(circular).await;
    }
    let asked_anew = &SPRING[5];
    let notice = town.sends(asked_anew).await;
    town.answers(&BEFORE_THE_CORRECTION, &notice, 1, &[]).await;
    town.shows(&BEFORE_THE_CORRECTION, &notice).await;
    let points = Points { when: Some("6月13日（日）朝9時に延期します".to_owned()), ..Points::default() };
    let chair = town.phone("佐藤");
    chair.correct(&notice, 1, Correction { points, ..Correction::default() }).await.unwrap();
    town.everybody_looks().await;
    town.answers(asked_anew, &notice, 2, &[]).await;
    town.rest();
    for circular in &SPRING[6..] {
        town.goes_round(circular).await;
    }
    town.every_figure_stands().await;
    town.carries([[2, 2, 0], [4, 5, 3], [3, 3, 3]]).await;
}

async fn summer(town: &mut Association) {
    town.goes_round(&SUMMER[0]).await;
    let before_the_move = town.sends(&SUMMER[1]).await;
    town.answers(&SUMMER[1], &before_the_move, 1, &["伊藤"]).await;
    town.rest();
    let (home, to, chair) = (town.home("伊藤"), town.block("2班"), town.phone("佐藤"));
    chair.move_household(chair.person.clone(), home.id.clone(), to).await.unwrap();
    // The eighth on the way through 2班.
    let place = RosterCorrection { place: Some(7), ..RosterCorrection::default() };
    chair.correct_household(chair.person.clone(), home.id, home.rev, place).await.unwrap();
    town.everybody_looks().await;
    town.stands("伊藤", Some("2班"));
    // In the new house they still answer the circular that came to the old one.
    town.phone("伊藤").acknowledge(&before_the_move).await;
    town.everybody_looks().await;
    for circular in &SUMMER[2..4] {
        town.goes_round(circular).await;
    }
    let withdrawn = town.sends(&SUMMER[4]).await;
    town.answers(&SUMMER[4], &withdrawn, 1, &[]).await;
    town.phone("佐藤").withdraw(&withdrawn, 1, "雨のため中止します").await.unwrap();
    town.everybody_looks().await;
    assert!(town.phone("山口").notice(&withdrawn).line.withdrawn);
    town.rest();
    town.goes_round(&SUMMER[5]).await;
    emergency(town).await;
    town.goes_round(&SUMMER[7]).await;
    town.every_figure_stands().await;
    let state = |notice: &str| town.phone("佐藤").desk_notice(&town.hood.group(NAME), notice).unwrap().line.state;
    assert_eq!(state(&withdrawn), SentState::Withdrawn);
    town.carries([[1, 1, 0], [1, 2, 0], [0, 0, 0]]).await;
}

async fn emergency(town: &mut Association) {
    let (from, until) = (town.hood.group(NAME), town.hood.now().plus_millis(86_400_000));
    let draft = Draft {
        kind: NoticeKind::Emergency,
        audience: vec![format!("board:{from}")],
        from,
        title: SUMMER[6].title.to_owned(),
        points: Points { place: Some("桜小学校に避難所".to_owned()), ..Points::default() },
        text: "川の近くの方は、早めに避難してください。".to_owned(),
        publish_at: None,
        until: Some(until.millis()),
    };
    let notice = town.sends_as(&SUMMER[6], draft).await;
    town.answers(&SUMMER[6], &notice, 1, &[]).await;
    town.rest();
}

async fn autumn(town: &mut Association) {
    for circular in &AUTUMN[..2] {
        town.goes_round(circular).await;
    }
    let newcomer = NewPerson { name: "木下 美咲".to_owned(), reading: Some("きのした みさき".to_owned()) };
    let home = NewHome {
        name: "木下".to_owned(),
        reading: Some("きのした".to_owned()),
        paper: false,
        place: None,
        people: vec![newcomer],
    };
    let (block, chair) = (town.block("3班"), town.phone("佐藤"));
    chair.add_household(chair.person.clone(), block, home).await.unwrap();
    chair.sync().await;
    town.joins("木下", "木下 美咲").await;
    town.stands("木下", Some("3班"));
    until_reached(town, Reach { households: 21, app: 13, paper: 8 }).await;
    for circular in &AUTUMN[2..] {
        town.goes_round(circular).await;
    }
    town.every_figure_stands().await;
    town.carries([[1, 1, 0], [2, 4, 0], [2, 2, 2]]).await;
}

async fn winter(town: &mut Association) {
    for circular in &WINTER[..2] {
        town.goes_round(circular).await;
    }
    let (widow, chair) = (town.head("中村"), town.phone("佐藤"));
    chair.depart(chair.person.clone(), widow, Departure::Died).await.unwrap();
    chair.sync().await;
    town.stands("中村", None);
    until_reached(town, Reach { households: 20, app: 13, paper: 7 }).await;
    // Two copies were still to be carried to her: nobody is sent to her door.
    town.carries([[1, 1, 0], [0, 0, 0], [1, 1, 1]]).await;
    town.broken = Some("渡辺");
    for circular in &WINTER[2..5] {
        town.goes_round(circular).await;
    }
    next_years_roster(town).await;
    town.goes_round(&WINTER[5]).await;
    town.every_figure_stands().await;
}

async fn next_years_roster(town: &mut Association) {
    let before = town.roster();
    let (asked, said) = town.import(NEXT_ROSTER).await;
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].ends_with("3班の齋藤 武さんは、斎藤 武さんのお名前を直したものですか。"), "{asked:?}");
    assert!(said.contains("新しい世帯 0、新しい方 0人") && said.contains("名簿にない方 0人"), "{said}");
    // Once more, as somebody does who is not sure whether it went through.
    let (asked, said) = town.import(NEXT_ROSTER).await;
    assert!(asked.is_empty() && said.contains("取り込みました（0件）"), "{asked:?} {said}");
    town.joins("山崎", "山崎 茂").await;
    until_reached(town, Reach { households: 20, app: 14, paper: 6 }).await;
    let renamed = before.into_iter().map(|homes| homes.into_iter().map(|home| home.replace("斎藤", "齋藤")).collect());
    let renamed: Vec<Vec<String>> = renamed.collect();
    town.settles(|| town.roster() == renamed).await;
    assert_eq!(town.roster(), renamed, "nobody twice, nobody in another place");
}

async fn the_roles_change_hands(town: &mut Association) {
    let old = town.phone("佐藤");
    for (home, group, kind) in [
        ("山田", town.hood.group(NAME), RoleKind::Chair),
        ("高橋", town.block("1班"), RoleKind::BlockLeader),
        ("佐々木", town.block("2班"), RoleKind::BlockLeader),
        ("林", town.block("3班"), RoleKind::BlockLeader),
    ] {
        old.grant_role(old.person.clone(), town.head(home), group, kind, None).await.unwrap();
    }
    town.everybody_looks().await;
    let new = town.phone("山田");
    assert_eq!(new.desk_names(), [NAME]);
    for before in ["佐藤", "鈴木", "吉田"] {
        let role = town.phone(before).me().unwrap().persons[0].roles[0].id.clone();
        new.end_role(new.person.clone(), role).await.unwrap();
    }
    town.everybody_looks().await;
    let desks = |home: &str| town.phone(home).desk_names();
    for before in ["佐藤", "鈴木", "吉田", "木村"] {
        assert_eq!(desks(before), Vec::<String>::new(), "{before}: the term of 3班 is over by itself");
    }
    assert!(!town.phone("佐藤").has_desk(&town.hood.group(NAME)));
    assert_eq!(["高橋", "佐々木", "林"].map(desks), [["1班"], ["2班"], ["3班"]]);
    (town.chair, town.leaders) = ("山田", ["高橋", "佐々木", "林"]);
    town.goes_round(&WINTER[6]).await;
    // The new chair's desk has the whole year.
    town.every_figure_stands().await;
    town.carries([[2, 1, 1], [0, 0, 0], [1, 0, 1]]).await;
}

async fn the_roster_goes_out(town: &Association) {
    let file = town.file("exported.csv");
    let file_text = file.to_str().unwrap();
    town.command(&["export", "--from", NAME, "--to", file_text]).await;
    let exported = std::fs::read_to_string(&file).unwrap();
    let without_numbers = |line: &str| {
        let cells = line.split(',').enumerate().filter(|(place, _)| ![1, 3].contains(place)).map(|(_, cell)| cell);
        cells.collect::<Vec<_>>().join(",")
    };
    let lines: Vec<String> = exported.trim_start_matches('\u{feff}').lines().map(without_numbers).collect();
    assert_eq!(lines, EXPORTED.lines().collect::<Vec<_>>());
    let again = town.command(&["import", file_text, "--into", NAME, "--remove"]).await;
    assert!(again.contains("取り込みました（0件）") && again.contains("名簿にない方 0人"), "{again}");
    let checked = town.command(&["check"]).await;
    assert!(!checked.is_empty() && checked.lines().all(|line| line.starts_with("good")), "{checked}");
}

async fn until_reached(town: &Association, reach: Reach) {
    let chair: &Phone = town.phone(town.chair);
    town.hood.until("the roster's figures", &[chair], || town.reach() == reach).await;
}
