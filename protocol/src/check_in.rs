//! Daily check-ins: a mood for one local day, the strip of thirty days, and the consent they need.

use crate::{
    id::OpId,
    time::{Day, Timestamp},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// How a person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    /// 良い.
    Good,
    /// 普通.
    Fair,
    /// 相談したい.
    Talk,
}

impl Mood {
    /// Its letter in a strip.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Good => 'g',
            Self::Fair => 'f',
            Self::Talk => 't',
        }
    }

    /// The mood of a strip's letter.
    #[must_use]
    pub const fn from_letter(letter: char) -> Option<Self> {
        match letter {
            'g' => Some(Self::Good),
            'f' => Some(Self::Fair),
            't' => Some(Self::Talk),
            _ => None,
        }
    }
}

/// The last thirty days, oldest first, the last letter being the day of the newest check-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strip([Option<Mood>; Self::DAYS]);

impl Strip {
    /// How many days it holds.
    pub const DAYS: usize = 30;

    /// Nothing said yet.
    pub const EMPTY: Self = Self([None; Self::DAYS]);

    /// The moods, oldest first.
    #[must_use]
    pub const fn moods(&self) -> &[Option<Mood>; Self::DAYS] {
        &self.0
    }

    /// Moved on by so many days.
    #[must_use]
    pub fn moved(mut self, days: i64) -> Self {
        let days = usize::try_from(days).unwrap_or(0).min(Self::DAYS);
        self.0.rotate_left(days);
        self.0[Self::DAYS - days..].fill(None);
        self
    }

    /// With what was said so many days before its last day; older than it reaches changes nothing.
    #[must_use]
    pub fn with(mut self, days_before: i64, mood: Option<Mood>) -> Self {
        if let Some(place) = usize::try_from(days_before).ok().and_then(|days| (Self::DAYS - 1).checked_sub(days)) {
            self.0[place] = mood;
        }
        self
    }
}

impl Serialize for Strip {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.iter().map(|mood| mood.map_or('.', Mood::letter)).collect::<String>())
    }
}

impl<'de> Deserialize<'de> for Strip {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        if text.len() != Self::DAYS {
            return Err(D::Error::custom("a strip has thirty letters"));
        }
        let mut moods = [None; Self::DAYS];
        for (mood, letter) in moods.iter_mut().zip(text.chars()) {
            *mood = Mood::from_letter(letter);
        }
        Ok(Self(moods))
    }
}

/// One check-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckIn {
    /// The op that said it.
    pub op: OpId,
    /// For which local day.
    pub day: Day,
    /// How they were.
    pub mood: Mood,
    /// When they tapped.
    pub at: Timestamp,
}

impl CheckIn {
    /// Whether this one is shown instead of the other: the newest day, then the newest tap.
    #[must_use]
    pub fn supersedes(&self, other: &Self) -> bool {
        (self.day, self.at, self.op) > (other.day, other.at, other.op)
    }
}

/// A person's newest check-in and their thirty days; the body of their `check_in` row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckIns {
    /// The last day of the strip.
    pub day: Day,
    /// The newest; none after it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<CheckIn>,
    /// Thirty days ending with `day`.
    pub strip: Strip,
}

impl CheckIns {
    /// The state that check-ins come to, in any order; none of none.
    #[must_use]
    pub fn told(history: &[CheckIn]) -> Option<Self> {
        let newest = *history.iter().max_by_key(|said| (said.day, said.at, said.op))?;
        let mut said: Vec<&CheckIn> = history.iter().collect();
        said.sort_by_key(|said| (said.day, said.at, said.op));
        let strip =
            said.into_iter().fold(Strip::EMPTY, |strip, said| strip.with(newest.day.since(said.day), Some(said.mood)));
        Some(Self { day: newest.day, newest: Some(newest), strip })
    }
}

/// What a person agreed to; the body of their `consent` row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Whether moods may reach the commissioners' team.
    pub moods_to_team: bool,
    /// Since when it is so.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_moves_on_with_the_days_and_keeps_thirty() {
        let strip = Strip::EMPTY.with(0, Some(Mood::Good)).moved(2).with(0, Some(Mood::Talk));
        let text = serde_json::to_string(&strip).unwrap();
        assert_eq!(text, format!("\"{}g.t\"", ".".repeat(27)));
        assert_eq!(serde_json::from_str::<Strip>(&text).unwrap(), strip);
        assert_eq!(strip.moved(400), Strip::EMPTY);
    }

    #[test]
    fn a_day_longer_ago_than_the_strip_changes_nothing() {
        assert_eq!(Strip::EMPTY.with(30, Some(Mood::Good)), Strip::EMPTY);
        assert_eq!(Strip::EMPTY.with(-1, Some(Mood::Good)), Strip::EMPTY);
    }
}
