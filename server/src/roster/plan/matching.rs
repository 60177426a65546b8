//! Which home is which: by number, by head and block, and by what somebody says.

use super::{
    BlockRef, LeftOut, Outcome,
    index::{HomeAt, Standing},
    planner::{Asking, Planner, Which, head_key},
    same,
};

/// Why a held home may be a named one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Likeness {
    /// Its head is another now: the named one lived in it.
    OtherHead,
    /// It stood in another block.
    Moved,
    /// Its head's name is nearly the same.
    Near,
    /// Its head and block are the same, as are another's.
    OneOfSeveral,
}

impl Planner<'_> {
    /// Of every named home, which it is.
    pub fn know_homes(&mut self) {
        let open: Vec<usize> = (0..self.homes.len()).filter(|place| self.is_open(*place)).collect();
        for place in &open {
            self.by_number(*place);
        }
        for place in &open {
            self.by_head(*place);
        }
        for likeness in [Likeness::OneOfSeveral, Likeness::OtherHead, Likeness::Moved, Likeness::Near] {
            for place in &open {
                self.by_likeness(*place, likeness);
            }
        }
        for which in &mut self.which {
            if *which == Which::Open {
                *which = Which::New;
            }
        }
    }

    fn is_open(&self, place: usize) -> bool {
        self.which.get(place) == Some(&Which::Open)
    }

    fn take(&mut self, place: usize, at: HomeAt) {
        self.taken.insert(at, place);
        if let Some(which) = self.which.get_mut(place) {
            *which = Which::Held(at);
        }
    }

    fn by_number(&mut self, place: usize) {
        let Some(home) = self.homes.get(place) else { return };
        let by_head = || home.head().and_then(|head| self.index.person(head.number?)).map(|living| living.at);
        let known = home.number.and_then(|number| self.index.numbered(number));
        let Some(at) = known.or_else(|| if self.has_numbers { None } else { by_head() }) else { return };
        let record = home.record;
        if self.taken.contains_key(&at) {
            self.leave_out(place);
            self.say(record, Outcome::LeftOut(LeftOut::NumberTwice));
        } else {
            self.take(place, at);
        }
    }

    /// The held homes that are not known to be another and have this head, in this block or, where the roster names none, in any.
    fn with_head(&self, place: usize) -> Vec<HomeAt> {
        let Some(home) = self.homes.get(place) else { return Vec::new() };
        let block = self.block_of(home);
        let fits = |at: &&HomeAt| {
            let stands = self.index.home(**at).map(|standing| BlockRef::Held(standing.block.id));
            !self.taken.contains_key(*at) && (block.is_none() || stands == block)
        };
        self.index.headed_by(&head_key(home)).iter().filter(fits).copied().collect()
    }

    fn by_head(&mut self, place: usize) {
        if !self.is_open(place) {
            return;
        }
        let mut found = self.with_head(place);
        if found.len() > 1 {
            // Of several the one with the same people.
            let keys = self.homes.get(place).map(super::named::NamedHome::keys).unwrap_or_default();
            found.retain(|at| self.keys_of(*at) == keys);
        }
        if let [only] = found[..] {
            self.take(place, only);
        }
    }

    fn keys_of(&self, at: HomeAt) -> Vec<String> {
        let people = self.index.home(at).map(|standing| standing.home.people.as_slice()).unwrap_or_default();
        let mut keys: Vec<String> = people.iter().map(|person| same::key(&person.name)).collect();
        keys.sort_unstable();
        keys
    }

    fn by_likeness(&mut self, place: usize, likeness: Likeness) {
        for at in self.like(place, likeness) {
            if !self.is_open(place) {
                return;
            }
            let Some((about, asking)) = self.question(place, at, likeness) else { continue };
            let about: Vec<&str> = about.iter().map(String::as_str).collect();
            match self.ask(&about, asking) {
                Some(true) => self.take(place, at),
                Some(false) => {
                    self.refused.insert((place, at));
                }
                None => {
                    self.spare_home(at);
                    self.leave_out(place);
                }
            }
        }
    }

    /// The held homes that are not known to be another and may be this one.
    fn like(&self, place: usize, likeness: Likeness) -> Vec<HomeAt> {
        let Some(home) = self.homes.get(place).filter(|_| self.is_open(place)) else { return Vec::new() };
        let (head, block) = (head_key(home), self.block_of(home));
        let free = |at: &HomeAt| !self.taken.contains_key(at) && !self.refused.contains(&(place, *at));
        let here = |standing: &Standing<'_>| Some(BlockRef::Held(standing.block.id)) == block;
        match likeness {
            Likeness::OneOfSeveral => self.with_head(place),
            Likeness::OtherHead => {
                let living = self.index.named(&head).into_iter().map(|living| living.at).filter(free);
                living.filter(|at| self.index.home(*at).is_some_and(|standing| here(&standing))).collect()
            }
            Likeness::Moved => self.index.headed_by(&head).iter().copied().filter(free).collect(),
            Likeness::Near => {
                let near = |standing: &Standing<'_>| {
                    let known = standing.home.people.first().map(|person| same::key(&person.name));
                    known.is_some_and(|known| same::near(&known, &head))
                };
                let homes = self.index.homes().filter(|(at, standing)| here(standing) && free(at) && near(standing));
                homes.map(|(at, _)| at).collect()
            }
        }
    }

    fn question(&self, place: usize, at: HomeAt, likeness: Likeness) -> Option<(Vec<String>, Asking)> {
        let home = self.homes.get(place)?;
        let head = &home.head()?.name;
        let Standing { block: stands, home: known } = self.index.home(at)?;
        let before = &known.people.first()?.name;
        let block = self.block_of(home).map(|block| self.block_name(&block)).unwrap_or_default();
        let (word, text, yes, no) = match likeness {
            Likeness::OneOfSeveral => (
                "several",
                format!(
                    "{block}に世帯主が{head}さんの世帯がいくつかあります。{}の世帯のことですか。",
                    known.people.iter().map(|person| format!("{}さん", person.name)).collect::<Vec<_>>().join("・")
                ),
                "その世帯です",
                "別の世帯です",
            ),
            Likeness::OtherHead => (
                "other head",
                format!("{block}の{head}さんの世帯は、世帯主が{before}さんだった世帯ですか。"),
                "同じ世帯です",
                "別の世帯です",
            ),
            Likeness::Moved => (
                "moved",
                format!("{head}さんの世帯は、今は{}にあります。{block}へ引っ越しましたか。", stands.name),
                "世帯ごと引っ越しました",
                "同姓同名の別の方です",
            ),
            Likeness::Near => (
                "near",
                format!("{block}の{head}さんは、{before}さんのお名前を直したものですか。"),
                "同じ方です。お名前を直します",
                "別の方です",
            ),
        };
        let about = vec![format!("home {word}"), block, same::key(head), known.id.to_string()];
        Some((about, Asking { record: home.record, text, yes, no }))
    }
}
