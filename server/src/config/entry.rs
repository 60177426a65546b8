//! The shape of district.toml, field by field.

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_spanned::Spanned;
use std::fmt;
use toml::value::Date;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistrictEntry {
    /// The district's name.
    pub name: Spanned<String>,
    /// Its IANA zone.
    pub zone: Spanned<String>,
    /// `host:port`, best first.
    pub addresses: Spanned<Vec<Spanned<String>>>,
    /// Key or name of a person with a role.
    pub first_officer: Spanned<String>,
    /// The telephone number offered where no team can be reached.
    pub support: Option<Spanned<SupportEntry>>,
    /// Teams of the district.
    #[serde(default)]
    pub team: Vec<GroupEntry>,
    /// 連合町内会.
    #[serde(default)]
    pub federation: Vec<GroupEntry>,
    /// 町内会 directly below the district.
    #[serde(default)]
    pub association: Vec<GroupEntry>,
    /// Written by mistake at the top; the tree rules say so.
    #[serde(default)]
    pub block: Vec<GroupEntry>,
    /// Written by mistake at the top; the tree rules say so.
    #[serde(default)]
    pub household: Vec<GroupEntry>,
    /// People without a household.
    #[serde(default)]
    pub staff: Vec<Spanned<PersonEntry>>,
    /// Who holds which role.
    #[serde(default)]
    pub role: Vec<RoleEntry>,
    /// Family far away.
    #[serde(default)]
    pub guest: Vec<GuestEntry>,
}

/// A group of any kind; what may hang below what is said by the tree rules, not by the shape.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupEntry {
    /// Short name for references.
    pub key: Option<Spanned<String>>,
    /// Its name.
    pub name: Spanned<String>,
    /// 紙でお届けの世帯; households only.
    pub paper: Option<Spanned<bool>>,
    /// Its members; households only.
    #[serde(default)]
    pub people: Option<Spanned<Vec<Spanned<PersonEntry>>>>,
    /// The telephone number offered where no team can be reached; federations and associations only.
    pub support: Option<Spanned<SupportEntry>>,
    /// Teams below.
    #[serde(default)]
    pub team: Vec<GroupEntry>,
    /// Federations below.
    #[serde(default)]
    pub federation: Vec<GroupEntry>,
    /// Associations below.
    #[serde(default)]
    pub association: Vec<GroupEntry>,
    /// Blocks below.
    #[serde(default)]
    pub block: Vec<GroupEntry>,
    /// Households below.
    #[serde(default)]
    pub household: Vec<GroupEntry>,
}

/// A telephone number: 地域包括支援センター or the like.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupportEntry {
    /// Its name.
    pub name: String,
    /// Its number, as people write it.
    pub telephone: String,
    /// When somebody answers.
    #[serde(default)]
    pub hours: String,
}

/// A person: a plain string, or a table with a key.
#[derive(Debug)]
pub struct PersonEntry {
    /// Short name for references.
    pub key: Option<String>,
    /// Their name.
    pub name: String,
}

/// A role.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleEntry {
    /// Key or name of the person.
    pub person: Spanned<String>,
    /// Key or name of the group.
    pub group: Spanned<String>,
    /// The kind's word.
    pub kind: Spanned<String>,
    /// The last day, in the district's zone.
    pub until: Option<Spanned<LocalDay>>,
}

/// A guest of a person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuestEntry {
    /// Short name for references.
    pub key: Option<Spanned<String>>,
    /// Their name.
    pub name: Spanned<String>,
    /// Key or name of the person they are a guest of.
    pub of: Spanned<String>,
}

/// A day without time and offset.
#[derive(Debug, Clone, Copy)]
pub struct LocalDay(pub Date);

impl<'de> Deserialize<'de> for LocalDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = toml::value::Datetime::deserialize(deserializer)?;
        match value {
            toml::value::Datetime { date: Some(date), time: None, offset: None } => Ok(Self(date)),
            _ => Err(serde::de::Error::custom("a day is wanted, like 2028-03-31")),
        }
    }
}

impl<'de> Deserialize<'de> for PersonEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            key: Option<String>,
            name: String,
        }

        struct TextOrTable;

        impl<'de> Visitor<'de> for TextOrTable {
            type Value = PersonEntry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a person: \"名前\" or { key = \"…\", name = \"名前\" }")
            }

            fn visit_str<E>(self, name: &str) -> Result<PersonEntry, E> {
                Ok(PersonEntry { key: None, name: name.to_owned() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PersonEntry, A::Error> {
                let Table { key, name } = Table::deserialize(MapAccessDeserializer::new(map))?;
                Ok(PersonEntry { key, name })
            }
        }

        deserializer.deserialize_any(TextOrTable)
    }
}
