//! Who is who: by number, by name in their home, and by what somebody says.

use super::{
    index::{HomeAt, Living},
    named::NamedPerson,
    planner::{Asking, Planner, Which, Who},
    same,
};
use kairan_protocol::id::PersonId;

impl Planner<'_> {
    /// Of everybody named, who they are. Homes that wait are left alone.
    pub fn know_people(&mut self) {
        let places: Vec<(usize, usize)> = (0..self.homes.len())
            .filter(|place| self.which.get(*place) != Some(&Which::Waits))
            .flat_map(|place| (0..self.who.get(place).map_or(0, Vec::len)).map(move |seat| (place, seat)))
            .collect();
        for (place, seat) in &places {
            self.person_by_number(*place, *seat);
        }
        for (place, seat) in &places {
            self.person_by_name(*place, *seat);
        }
        for (place, seat) in &places {
            self.person_nearby(*place, *seat);
        }
        for (place, seat) in &places {
            self.person_elsewhere(*place, *seat);
        }
        for (place, seat) in places {
            if self.is_nobody_yet(place, seat) {
                self.set_who(place, seat, Who::New);
            }
        }
        // Without its head nobody can say what a new home is.
        for place in 0..self.homes.len() {
            let head_waits = self.who.get(place).and_then(|who| who.first()) == Some(&Who::Waits);
            if self.which.get(place) == Some(&Which::New) && head_waits {
                self.leave_out(place);
            }
        }
    }

    fn named(&self, place: usize, seat: usize) -> Option<&NamedPerson> {
        self.homes.get(place)?.people.get(seat)
    }

    fn is_nobody_yet(&self, place: usize, seat: usize) -> bool {
        self.who.get(place).and_then(|who| who.get(seat)) == Some(&Who::Open)
    }

    fn set_who(&mut self, place: usize, seat: usize, who: Who) {
        if let Some(known) = self.who.get_mut(place).and_then(|known| known.get_mut(seat)) {
            *known = who;
        }
    }

    fn claim(&mut self, place: usize, seat: usize, person: PersonId, by_number: bool) {
        self.claimed.insert(person);
        self.set_who(place, seat, Who::Held(person, by_number));
    }

    fn wait(&mut self, place: usize, seat: usize, for_whom: PersonId) {
        self.spared.insert(for_whom);
        self.set_who(place, seat, Who::Waits);
    }

    fn person_by_number(&mut self, place: usize, seat: usize) {
        let Some(named) = self.named(place, seat) else { return };
        let Some(Living { person, .. }) = named.number.and_then(|number| self.index.person(number)) else { return };
        if self.claimed.contains(&person.id) {
            return;
        }
        let (key, held) = (same::key(&named.name), same::key(&person.name));
        if key == held || same::near(&key, &held) || same::share_a_part(&named.name, &person.name) {
            return self.claim(place, seat, person.id, true);
        }
        let asking = Asking {
            record: named.record,
            text: format!("{}さんの氏名番号の行に、{}さんとあります。お名前を直しますか。", person.name, named.name),
            yes: "同じ方です。お名前を直します",
            no: "別の方です。番号は使いません",
        };
        match self.ask(&["number", &key, &person.id.to_string()], asking) {
            Some(true) => self.claim(place, seat, person.id, true),
            Some(false) => {}
            None => self.wait(place, seat, person.id),
        }
    }

    /// The people of a named home's held one whom nobody else is.
    fn free_in(&self, place: usize) -> Vec<Living<'_>> {
        let Some(Which::Held(at)) = self.which.get(place).copied() else { return Vec::new() };
        let people = self.index.home(at).map(|standing| standing.home.people.as_slice()).unwrap_or_default();
        let free = people.iter().filter(|person| !self.claimed.contains(&person.id));
        free.map(|person| Living { at, person }).collect()
    }

    fn person_by_name(&mut self, place: usize, seat: usize) {
        if !self.is_nobody_yet(place, seat) {
            return;
        }
        let Some(key) = self.named(place, seat).map(|named| same::key(&named.name)) else { return };
        let found =
            self.free_in(place).iter().find(|living| same::key(&living.person.name) == key).map(|it| it.person.id);
        if let Some(person) = found {
            self.claim(place, seat, person, false);
        }
    }

    /// Somebody of the same home whose name is nearly the same. A home known by a near head says that its head is the same.
    fn person_nearby(&mut self, place: usize, seat: usize) {
        if !self.is_nobody_yet(place, seat) {
            return;
        }
        let Some(named) = self.named(place, seat) else { return };
        let (key, name, record) = (same::key(&named.name), named.name.clone(), named.record);
        let near: Vec<(PersonId, String, bool)> = self
            .free_in(place)
            .iter()
            .filter(|living| same::near(&same::key(&living.person.name), &key))
            .map(|living| (living.person.id, living.person.name.clone(), self.is_head(*living)))
            .collect();
        for (person, held, is_head) in near {
            if seat == 0 && is_head && !self.has_numbers {
                return self.claim(place, seat, person, false);
            }
            let asking = Asking {
                record,
                text: format!("{name}さんは、同じ世帯の{held}さんのお名前を直したものですか。"),
                yes: "同じ方です。お名前を直します",
                no: "別の方です",
            };
            match self.ask(&["near", &key, &person.to_string()], asking) {
                Some(true) => return self.claim(place, seat, person, false),
                Some(false) => {}
                None => return self.wait(place, seat, person),
            }
        }
    }

    fn is_head(&self, living: Living<'_>) -> bool {
        let head = self.index.home(living.at).and_then(|standing| standing.home.people.first());
        head.is_some_and(|head| head.id == living.person.id)
    }

    /// The same name in another home: moved, or another person?
    fn person_elsewhere(&mut self, place: usize, seat: usize) {
        if !self.is_nobody_yet(place, seat) {
            return;
        }
        let Some(named) = self.named(place, seat) else { return };
        let (key, name, record) = (same::key(&named.name), named.name.clone(), named.record);
        let head = self.named(place, 0).map(|head| head.name.clone()).unwrap_or_default();
        let elsewhere: Vec<(PersonId, HomeAt)> = self
            .index
            .named(&key)
            .into_iter()
            .filter(|living| !self.claimed.contains(&living.person.id))
            .filter(|living| !(seat == 0 && self.refused.contains(&(place, living.at))))
            .map(|living| (living.person.id, living.at))
            .collect();
        for (person, at) in elsewhere {
            let Some(standing) = self.index.home(at) else { continue };
            let held_head = standing.home.people.first().map(|head| head.name.clone()).unwrap_or_default();
            let now = format!("{}の{held_head}さん方", standing.block.name);
            let asking = Asking {
                record,
                text: format!("{name}さん（{head}さん方）は、今は{now}の{name}さんが移った方ですか。"),
                yes: "同じ方です。こちらへ移します",
                no: "同姓同名の別の方です",
            };
            match self.ask(&["elsewhere", &key, &same::key(&head), &person.to_string()], asking) {
                Some(true) => return self.claim(place, seat, person, false),
                Some(false) => {}
                None => return self.wait(place, seat, person),
            }
        }
    }
}
