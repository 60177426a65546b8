//! The made-up district: its tree, its three hundred homes and who lives and works there, dealt out of lists, always the same.

use crate::Error;
use serde::Deserialize;
use std::{collections::BTreeSet, fmt::Write as _};

const NAMES: &str = include_str!("names.toml");

/// How large a town is made: the whole one, or a small one for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Size {
    /// 300 homes and 300 phones beside those of the page.
    #[default]
    Whole,
    /// Five homes in each block.
    Small,
}

/// An association of the town.
#[derive(Debug, Clone, Copy)]
pub struct Association {
    /// Its key in the district's file.
    pub key: &'static str,
    /// What its places are called by.
    pub short: &'static str,
    /// Its federation's name.
    pub federation: &'static str,
    /// Homes of each block, and how many of these are served on paper.
    blocks: &'static [(usize, usize)],
    /// Its own team, if it has one.
    team: Option<&'static str>,
    /// Name and number of its support centre.
    support: Option<(&'static str, &'static str)>,
}

impl Association {
    /// Its whole name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}町内会", self.short)
    }
}

/// The five. In なぎさ nobody is appointed; there a telephone number stands in for the team.
pub const ASSOCIATIONS: [Association; 5] = [
    Association {
        key: "hidamari",
        short: "ひだまり",
        federation: EAST,
        blocks: &[(14, 2), (14, 2), (14, 2), (14, 2), (14, 2), (14, 2)],
        team: Some("ひだまり 民生委員"),
        support: None,
    },
    Association {
        key: "komorebi",
        short: "こもれび",
        federation: EAST,
        blocks: &[(13, 2), (13, 2), (13, 2), (13, 2), (13, 1)],
        team: None,
        support: None,
    },
    Association {
        key: "seseragi",
        short: "せせらぎ",
        federation: EAST,
        blocks: &[(13, 2), (13, 1), (13, 2), (13, 2)],
        team: None,
        support: None,
    },
    Association {
        key: "miharashi",
        short: "みはらし",
        federation: WEST,
        blocks: &[(13, 2), (13, 1), (13, 2), (13, 2)],
        team: Some("みはらし 民生委員"),
        support: None,
    },
    Association {
        key: "nagisa",
        short: "なぎさ",
        federation: WEST,
        blocks: &[(16, 2), (16, 2), (15, 1)],
        team: None,
        support: Some(("なぎさ 地域包括支援センター", "000-0000-0119")),
    },
];

/// The district.
pub const CITY: &str = "みほん市";
/// The federation of three associations, which has a team for those without one of their own.
pub const EAST: &str = "みほん東部連合町内会";
/// The federation of two.
pub const WEST: &str = "みほん西部連合町内会";
/// The home that is still empty of phones, for whoever wants to see how joining goes.
pub const NEWCOMERS: (&str, &str) = ("春風", "春風 ひなの");
/// Who has a phone on the page: its name there, and whose it is.
pub const ON_THE_PAGE: [(&str, &str); 4] =
    [("ume", "楓山 うめ"), ("nami", "潮風 なみ"), ("aozora", "青空 はるか"), ("team", "白樺 じゅん")];

/// Homes that are told of by name: association, block, place in the block, name, people.
const KNOWN: [(&str, usize, usize, &str, &[&str]); 6] = [
    ("hidamari", 0, 0, "青空", &["青空 はるか", "青空 そら"]),
    ("hidamari", 0, 1, "楓山", &["楓山 うめ", "楓山 みのる"]),
    ("hidamari", 0, 3, NEWCOMERS.0, &[NEWCOMERS.1, "春風 そうすけ"]),
    ("hidamari", 1, 0, "潮風", &["潮風 なみ", "潮風 わたる"]),
    ("hidamari", 1, 1, "星降", &["星降 ひかる"]),
    ("hidamari", 2, 0, "白樺", &["白樺 じゅん"]),
];

/// The chair lives in the first home of the first block.
const CHAIR: usize = 0;
/// The leader of a block lives in its third home.
pub const LEADER: usize = 2;

/// Who works for the town and lives in no home of it.
const STAFF: [&str; 7] =
    ["窓口 まどか", "連山 つらね", "渚道 うしお", "寄辺 よりこ", "見守 まもり", "道連 みちつれ", "耳澄 きき"];

/// Who was appointed to what, beside chairs and block leaders.
const APPOINTED: [(&str, &str, &str); 9] = [
    ("窓口 まどか", CITY, "municipal_staff"),
    ("連山 つらね", EAST, "officer"),
    ("渚道 うしお", WEST, "officer"),
    ("星降 ひかる", "hidamari", "officer"),
    ("白樺 じゅん", "hidamari-team", "commissioner"),
    ("寄辺 よりこ", "hidamari-team", "commissioner"),
    ("見守 まもり", "east-team", "commissioner"),
    ("道連 みちつれ", "east-team", "commissioner"),
    ("耳澄 きき", "miharashi-team", "commissioner"),
];

/// Who answers a request for a talk, by the place of the association.
pub const TEAMS: [(usize, &str); 4] = [(0, "寄辺 よりこ"), (1, "見守 まもり"), (2, "道連 みちつれ"), (3, "耳澄 きき")];

#[derive(Deserialize)]
struct Names {
    families: Vec<String>,
    given: Vec<String>,
}

/// Deals families so that none is twice in a block, and given names one after the other.
struct Deal {
    names: Names,
    family: usize,
    given: usize,
    taken: BTreeSet<String>,
}

impl Deal {
    fn family(&mut self, in_block: &[String]) -> String {
        loop {
            let name = self.names.families[self.family % self.names.families.len()].clone();
            self.family += 1;
            if !in_block.contains(&name) && KNOWN.iter().all(|(.., known, _)| *known != name) {
                return name;
            }
        }
    }

    fn home(&mut self, at: (&'static str, usize, usize), in_block: &[String], paper: bool) -> Home {
        let (association, block, place) = at;
        let known = KNOWN.iter().find(|known| (known.0, known.1, known.2) == at);
        let (name, people) = if let Some((.., name, people)) = known {
            ((*name).to_owned(), people.iter().map(|person| (*person).to_owned()).collect())
        } else {
            let name = self.family(in_block);
            let members = if paper { 1 + place % 2 } else { 1 + (place + block) % 3 };
            let people = (0..members).map(|_| self.person(&name)).collect();
            (name, people)
        };
        Home { association, block, place, name, people, paper }
    }

    fn person(&mut self, family: &str) -> String {
        loop {
            let name = format!("{family} {}", self.names.given[self.given % self.names.given.len()]);
            self.given += 1;
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }
}

/// A home of the town, in the order of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The key of its association.
    pub association: &'static str,
    /// Its block, from zero on.
    pub block: usize,
    /// Its place in the block, from zero on.
    pub place: usize,
    /// Its name.
    pub name: String,
    /// Who lives there.
    pub people: Vec<String>,
    /// 紙でお届けの世帯: the last ones of a block.
    pub paper: bool,
}

/// Every home.
///
/// # Errors
/// [`Error::Data`] when the lists of names cannot be read.
pub fn homes(size: Size) -> Result<Vec<Home>, Error> {
    let names: Names = toml::from_str(NAMES).map_err(|error| Error::Data(error.to_string()))?;
    if names.families.len() < 40 || names.given.is_empty() {
        return Err(Error::Data("names.toml: too few names".to_owned()));
    }
    let mut deal = Deal { names, family: 0, given: 0, taken: BTreeSet::new() };
    let mut homes = Vec::new();
    for association in &ASSOCIATIONS {
        for (block, (count, paper)) in association.blocks.iter().enumerate() {
            let (count, paper) = if size == Size::Small { (5, 1) } else { (*count, *paper) };
            let mut in_block = Vec::new();
            for place in 0..count {
                let home = deal.home((association.key, block, place), &in_block, place + paper >= count);
                in_block.push(home.name.clone());
                homes.push(home);
            }
        }
    }
    Ok(homes)
}

/// The `district.toml` of the town, reached at an address.
///
/// # Errors
/// [`Error::Data`] when the lists of names cannot be read.
pub fn text(address: &str, size: Size) -> Result<String, Error> {
    let homes = homes(size)?;
    let mut text = format!(
        "# A made-up town: nobody of it lives anywhere.\nname = \"{CITY}\"\nzone = \"Asia/Tokyo\"\naddresses = [\"{address}\"]\n\
         first_officer = \"青空 はるか\"\nsupport = {{ name = \"みほん市 福祉の窓口\", telephone = \"000-0000-0110\", \
         hours = \"平日 8時半から17時15分\" }}\n\n"
    );
    for name in STAFF {
        line(&mut text, format_args!("[[staff]]\nname = \"{name}\""));
    }
    for federation in [EAST, WEST] {
        line(&mut text, format_args!("\n[[federation]]\nname = \"{federation}\""));
        if federation == EAST {
            line(&mut text, format_args!("[[federation.team]]\nkey = \"east-team\"\nname = \"東部 民生委員\""));
        }
        for association in ASSOCIATIONS.iter().filter(|association| association.federation == federation) {
            below(&mut text, association, &homes);
        }
    }
    let in_office = homes.iter().filter_map(|home| {
        let first = home.people.first()?.as_str();
        match (home.block, home.place) {
            (0, CHAIR) => Some((first, home.association.to_owned(), "chair")),
            (block, LEADER) => Some((first, format!("{}-{}", home.association, block + 1), "block_leader")),
            _ => None,
        }
    });
    let appointed = APPOINTED.iter().map(|(person, group, kind)| (*person, (*group).to_owned(), *kind));
    for (person, group, kind) in in_office.chain(appointed) {
        line(&mut text, format_args!("[[role]]\nperson = \"{person}\"\ngroup = \"{group}\"\nkind = \"{kind}\""));
    }
    line(&mut text, format_args!("[[guest]]\nname = \"楓山 つばさ\"\nof = \"楓山 うめ\""));
    Ok(text)
}

/// An association and everything in it.
fn below(text: &mut String, association: &Association, homes: &[Home]) {
    let key = association.key;
    line(text, format_args!("[[federation.association]]\nkey = \"{key}\"\nname = \"{}\"", association.name()));
    if let Some((name, telephone)) = association.support {
        line(
            text,
            format_args!(
                "support = {{ name = \"{name}\", telephone = \"{telephone}\", hours = \"平日 9時から17時\" }}"
            ),
        );
    }
    if let Some(team) = association.team {
        line(text, format_args!("[[federation.association.team]]\nkey = \"{key}-team\"\nname = \"{team}\""));
    }
    for block in 0..association.blocks.len() {
        let number = block + 1;
        line(text, format_args!("[[federation.association.block]]\nkey = \"{key}-{number}\"\nname = \"{number}班\""));
        for home in homes.iter().filter(|home| (home.association, home.block) == (key, block)) {
            let Home { name, people, paper, .. } = home;
            line(text, format_args!("[[federation.association.block.household]]\nname = \"{name}\"\npaper = {paper}"));
            line(text, format_args!("people = {}", list(people)));
        }
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a text cannot fail.
    let _infallible = writeln!(text, "{line}");
}

fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    format!("[{}]", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kairan_protocol::tree::GroupKind::{Association, Block, Federation, Household, Team};
    use kairan_server::clock::{Clock, SystemClock};

    #[test]
    fn the_town_has_two_federations_five_associations_and_three_hundred_homes_of_which_some_forty_are_on_paper() {
        let plan = kairan_server::config::plan(&text("127.0.0.1:1", Size::Whole).unwrap(), SystemClock.now()).unwrap();
        let count = |kind| plan.groups.iter().filter(|group| group.kind == kind).count();
        assert_eq!((count(Federation), count(Association), count(Block)), (2, 5, 22));
        assert_eq!((count(Household), count(Team)), (300, 3));
        assert_eq!(plan.groups.iter().filter(|group| group.paper).count(), 40);
        assert_eq!(plan.supports.len(), 2);
    }

    #[test]
    fn it_is_the_same_every_time_and_nobody_is_named_twice() {
        assert_eq!(text("127.0.0.1:1", Size::Whole).unwrap(), text("127.0.0.1:1", Size::Whole).unwrap());
        let plan = kairan_server::config::plan(&text("127.0.0.1:1", Size::Whole).unwrap(), SystemClock.now()).unwrap();
        let names: BTreeSet<&str> = plan.persons.iter().map(|person| person.name.as_str()).collect();
        assert_eq!(names.len(), plan.persons.len());
        for block in plan.groups.iter().filter(|group| group.kind == Block) {
            let homes: Vec<&str> = plan
                .groups
                .iter()
                .filter(|home| home.parent == Some(block.id))
                .map(|home| home.name.as_str())
                .collect();
            assert_eq!(homes.len(), homes.iter().collect::<BTreeSet<_>>().len(), "{homes:?}");
        }
    }
}
