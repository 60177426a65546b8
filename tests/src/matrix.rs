//! The expected rights, as written down by hand in `matrix.csv`: standing × act × place.

/// One line of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Line {
    /// Who: a role, a resident, a guest.
    pub standing: String,
    /// What.
    pub act: String,
    /// Where, as seen from the standing's own group; or on whose behalf.
    pub place: String,
    /// Whether it is right.
    pub allowed: bool,
}

/// Who can ask for anything.
pub const STANDINGS: [&str; 8] =
    ["resident", "guest", "block_leader", "officer", "chair", "commissioner", "municipal_staff", "steward"];

/// What a person does about themselves.
pub const PERSONAL_ACTS: [&str; 5] = ["receipt", "check_in", "consent", "take_back", "leave"];

/// What is done about a group.
pub const GROUP_ACTS: &[&str] = &[
    "post_circular",
    "post_notice",
    "post_emergency",
    "correct",
    "withdraw",
    "grant_role",
    "end_role",
    "grant_commissioner",
    "end_commissioner",
    "move_household",
    "edit_roster",
    "set_paper",
    "paper_receipt",
    "invite",
    "approve",
    "revoke",
    "work_case",
    "set_support",
    "read_board",
    "read_staff",
    "read_desk",
];

/// Every line of `matrix.csv`.
///
/// # Panics
/// When a line is not one.
#[must_use]
pub fn lines() -> Vec<Line> {
    let mut texts = include_str!("../matrix.csv").lines();
    assert_eq!(texts.next(), Some("standing,act,place,allowed"));
    texts.map(line).collect()
}

fn line(text: &str) -> Line {
    let fields: Vec<&str> = text.split(',').collect();
    let [standing, act, place, allowed] = fields[..] else { panic!("not a line of the matrix: {text:?}") };
    let allowed = match allowed {
        "yes" => true,
        "no" => false,
        other => panic!("neither yes nor no: {other:?}"),
    };
    Line { standing: standing.to_owned(), act: act.to_owned(), place: place.to_owned(), allowed }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}: {}", self.standing, self.act, self.place, if self.allowed { "yes" } else { "no" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_matrix_holds_the_whole_product_and_every_line_once() {
        let held: Vec<(String, String, String)> =
            lines().into_iter().map(|line| (line.standing, line.act, line.place)).collect();
        let mut wanted = BTreeSet::new();
        for standing in STANDINGS {
            for act in PERSONAL_ACTS {
                wanted.extend(["self", "other"].map(|place| (standing.to_owned(), act.to_owned(), place.to_owned())));
            }
            for act in GROUP_ACTS {
                wanted.extend(
                    ["own", "below", "above", "beside"]
                        .map(|place| (standing.to_owned(), (*act).to_owned(), place.to_owned())),
                );
            }
        }
        assert_eq!(held.iter().cloned().collect::<BTreeSet<_>>(), wanted);
        assert_eq!(held.len(), wanted.len());
    }
}
