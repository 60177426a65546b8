//! What a notice shows of itself in a list besides its 件名: the point in bold above it, and how its seal is turned.

use crate::records::Points;

/// The furthest a seal is turned, in degrees.
const FURTHEST: u64 = 4;

/// At most two lines of いつ, しめきり, すること and どこで: when, and what. Each is the first line of what stands on the sheet.
pub(super) fn point([when, by_when, what, place]: [Option<&str>; 4]) -> Vec<String> {
    let line = |point: Option<&str>| {
        let lines = point.into_iter().flat_map(str::lines).map(str::trim);
        lines.filter(|line| !line.is_empty()).map(str::to_owned).next()
    };
    [line(when).or_else(|| line(by_when)), line(what).or_else(|| line(place))].into_iter().flatten().collect()
}

/// The point of a notice's four; none of one that must not be shown half understood.
pub(super) fn point_of(points: &Points, needs_update: bool) -> Vec<String> {
    let Points { when, by_when, what, place, .. } = points;
    if needs_update { Vec::new() } else { point([when, by_when, what, place].map(Option::as_deref)) }
}

/// How far a notice's seal is turned, by its id (FNV-1a): the same on every phone, and on paper.
pub(super) fn seal_turn(notice: &str) -> i32 {
    let hash = notice
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    // The high bits are the well mixed ones.
    let steps = (hash >> 32) % (2 * FURTHEST + 1);
    i32::try_from(steps).unwrap_or_default() - i32::try_from(FURTHEST).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_point_says_when_and_what_and_falls_back_on_by_when_and_where() {
        let when = Some("29日（日）朝9時");
        assert_eq!(
            point([when, Some("27日"), Some("軍手を持って集まる"), Some("中央公園")]),
            ["29日（日）朝9時", "軍手を持って集まる"]
        );
        assert_eq!(point([None, Some("25日（水）まで"), None, Some("班長の家")]), ["25日（水）まで", "班長の家"]);
        assert_eq!(point([None, None, None, Some("中央公園")]), ["中央公園"]);
        assert_eq!(point([None; 4]), Vec::<String>::new());
    }

    #[test]
    fn of_a_point_of_several_lines_the_first_is_shown() {
        assert_eq!(point([Some("\n 29日\n雨のときは30日"), None, Some(" \n"), Some("公園")]), ["29日", "公園"]);
    }

    #[test]
    fn a_seal_is_turned_the_same_way_every_time_and_not_all_of_them_alike() {
        assert_eq!(
            seal_turn("01950000-0000-7000-8000-000000000001"),
            seal_turn("01950000-0000-7000-8000-000000000001")
        );
        let turns: BTreeSet<i32> = (0..200).map(|number| seal_turn(&format!("notice {number}"))).collect();
        assert_eq!(turns, (-4..=4).collect());
    }
}
